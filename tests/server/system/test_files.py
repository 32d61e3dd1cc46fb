import errno
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.system import files

NOW = datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")


def test_file_is_replaced_and_no_temporary_file_remains(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"much\r\n" * 1_000, b"little\n"):
        files.replace_file(path, content)
        assert path.read_bytes() == content
    path.with_name("file.new").write_bytes(b"left by a kill")
    files.replace_file(path, b"again")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("file", b"again")]


@POSIX
def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_return(tmp_path: Path, monkeypatch) -> None:
    steps: list[object] = []
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        steps.append("folder" if stat.S_ISDIR(status.st_mode) else status.st_size)
        fsync(descriptor)

    def record_replace(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    files.replace_file(tmp_path / "file", b"content")
    assert steps == [len(b"content"), "rename", "folder"]


@POSIX
def test_files_and_folders_are_private(tmp_path: Path) -> None:
    folder = files.make_private_folder(tmp_path / "above" / "folder")
    files.replace_file(folder / "one", b"")
    files.make_private_file(folder / "two")
    with files.create_private_file(folder / "three") as file:
        file.write(b"3")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@POSIX
def test_mode_of_a_new_folder_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o277)
    try:
        folder = files.make_private_folder(tmp_path / "folder")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700


@POSIX
def test_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    tmp_path.joinpath("link").symlink_to(folder)
    files.make_private_folder(folder)
    files.make_private_folder(tmp_path / "link")
    assert folder.stat().st_mode & 0o777 == 0o755


def test_new_file_replaces_none(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("mine")
    with pytest.raises(FileExistsError):
        files.create_private_file(tmp_path / "file")
    files.make_private_file(tmp_path / "file")
    assert tmp_path.joinpath("file").read_text() == "mine"


def test_json_is_written_indented_and_read_again(tmp_path: Path) -> None:
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
def test_other_content_than_a_json_object_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath("file.json").write_bytes(content)
    with pytest.raises(ValueError, match=NO_OBJECTS[content]):
        files.read_json_object(tmp_path / "file.json")


def test_number_outside_json_is_refused(tmp_path: Path) -> None:
    files.write_json(tmp_path / "file.json", {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "file.json", {"a": float("nan")})
    assert json.loads(tmp_path.joinpath("file.json").read_text()) == {"a": 1}


def test_folder_instead_of_a_file_is_explained(tmp_path: Path) -> None:
    tmp_path.joinpath("file.json", "inner").mkdir(parents=True)
    for use in (files.read_json_object, lambda path: files.write_json(path, {})):
        with pytest.raises(Unavailable, match=r"file\.json could not be used"):
            use(tmp_path / "file.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_disk_is_explained(number: int) -> None:
    assert files.not_stored(OSError(number, "full"), "a file").detail.startswith("The disk is full")


def test_unusable_file_is_kept_beside_its_place(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("broken")
    aside = files.move_aside(path, lambda: NOW)
    assert aside.name == "file.broken-2026-11-21T040506Z.json"
    assert aside.read_text() == "broken"
    assert not path.exists()


def test_hash_is_of_the_content(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_bytes(b"abc")
    assert files.hash_file(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@POSIX
def test_pipe_instead_of_a_file_does_not_block(tmp_path: Path) -> None:
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"12345")
    os.mkfifo(pipe)
    assert files.read_small_file(file, 5) == b"12345"
    for place, most in ((file, 4), (pipe, 5), (Path("/dev/zero"), 5), (tmp_path, 5), (tmp_path / "gone", 5)):
        with pytest.raises(OSError):  # noqa: PT011, each system says it in its own way
            files.read_small_file(place, most)
