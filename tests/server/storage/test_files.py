import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.storage import files

NOW = datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")


def test_a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"much\r\n" * 1_000, b"little\n"):
        files.replace_file(path, content)
        assert path.read_bytes() == content
    path.with_name("file.new").write_bytes(b"left by a kill")
    files.replace_file(path, b"again")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("file", b"again")]


@POSIX
def test_what_is_made_is_for_this_person_alone(tmp_path: Path) -> None:
    folder = files.make_private_folder(tmp_path / "above" / "folder")
    files.replace_file(folder / "one", b"")
    files.make_private_file(folder / "two")
    with files.create_private_file(folder / "three") as file:
        file.write(b"3")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@POSIX
def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    tmp_path.joinpath("link").symlink_to(folder)
    files.make_private_folder(folder)
    files.make_private_folder(tmp_path / "link")
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("mine")
    with pytest.raises(FileExistsError):
        files.create_private_file(tmp_path / "file")
    files.make_private_file(tmp_path / "file")
    assert tmp_path.joinpath("file").read_text() == "mine"


def test_json_is_written_for_people_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    assert files.read_json_object(path) is None
    files.write_json(path, {"name": "Jörg", "inner": {"one": 1}})
    assert '"Jörg",\n' in path.read_text("utf-8")
    assert files.read_json_object(path) == {"name": "Jörg", "inner": {"one": 1}}


NO_OBJECTS = {
    b"": "Expecting value",
    b"{": "Expecting property name",
    b"[]": "not an object",
    b"null": "not an object",
    b"\xff": "invalid start byte",
    b'{"a":' * 100_000: "nested too deep",
}


@pytest.mark.parametrize("content", NO_OBJECTS)
def test_what_is_no_json_object_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath("file.json").write_bytes(content)
    with pytest.raises(ValueError, match=NO_OBJECTS[content]):
        files.read_json_object(tmp_path / "file.json")


def test_a_number_that_json_has_not_is_refused(tmp_path: Path) -> None:
    files.write_json(tmp_path / "file.json", {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "file.json", {"a": float("nan")})
    assert json.loads(tmp_path.joinpath("file.json").read_text()) == {"a": 1}


def test_a_folder_in_the_place_of_a_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.joinpath("file.json", "inner").mkdir(parents=True)
    for use in (files.read_json_object, lambda path: files.write_json(path, {})):
        with pytest.raises(Unavailable, match=r"file\.json could not be used"):
            use(tmp_path / "file.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_has_its_own_sentence(number: int) -> None:
    assert files.not_stored(OSError(number, "full"), "a file").detail.startswith("The disk is full")


def test_a_file_that_cannot_be_used_is_kept_beside_its_place(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("broken")
    aside = files.move_aside(path, lambda: NOW)
    assert aside.name == "file.broken-2026-11-21T040506Z.json"
    assert aside.read_text() == "broken"
    assert not path.exists()


def test_a_hash_is_that_of_the_content(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_bytes(b"abc")
    assert files.hash_file(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@POSIX
def test_what_others_put_in_the_place_of_a_file_holds_nobody(tmp_path: Path) -> None:
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"12345")
    os.mkfifo(pipe)
    assert files.read_small_file(file, 5) == b"12345"
    for place, most in ((file, 4), (pipe, 5), (Path("/dev/zero"), 5), (tmp_path, 5), (tmp_path / "gone", 5)):
        with pytest.raises(OSError):  # noqa: PT011, each system says it in its own way
            files.read_small_file(place, most)
