import io
import shutil
import zipfile

import pytest

from server.core.errors import InvalidInput, NotFound, Unavailable
from server.integrations.conversations.history import archives, sources
from server.integrations.conversations.history.sources import open_source


def read(path, tmp_path):
    """Read all files of a source."""
    with open_source(path, tmp_path / "scratch") as members:
        contents = {}
        for member in members:
            with member.open() as stream:
                contents[member.name] = stream.read()
        return contents


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "export"
    (made / "inner").mkdir(parents=True)
    (made / "conversations.json").write_text("[]")
    (made / "inner" / "file-A.dat").write_bytes(b"data")
    return made


EXPECTED = {"conversations.json": b"[]", "inner/file-A.dat": b"data"}


def test_folder_is_listed_with_its_folders(folder, tmp_path):
    assert read(folder, tmp_path) == EXPECTED


def test_single_file_is_listed(folder, tmp_path):
    assert read(folder / "conversations.json", tmp_path) == {"conversations.json": b"[]"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_in_a_zip_is_read_like_a_folder(folder, tmp_path, method):
    with zipfile.ZipFile(tmp_path / "part.zip", "w") as part:
        for name in EXPECTED:
            part.write(folder / name, name)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w", method) as outer:
        outer.writestr("note.txt", "x" * 300)
        outer.write(tmp_path / "part.zip", "parts/part.zip")
        outer.writestr("__MACOSX/._part.zip", "x")
    contents = read(tmp_path / "outer.zip", tmp_path)
    assert contents == {"note.txt": b"x" * 300} | {f"parts/part.zip/{name}": data for name, data in EXPECTED.items()}


def test_zip_in_a_folder_is_read(folder, tmp_path):
    shutil.make_archive(str(tmp_path / "part"), "zip", folder)
    target = tmp_path / "all"
    target.mkdir()
    (tmp_path / "part.zip").rename(target / "part.zip")
    assert b"data" in read(target, tmp_path).values()


def test_zip_with_another_name_is_recognized(folder, tmp_path):
    shutil.make_archive(str(tmp_path / "part"), "zip", folder)
    (tmp_path / "part.zip").rename(tmp_path / "upload")
    assert read(tmp_path / "upload", tmp_path)["conversations.json"] == b"[]"


def test_link_in_a_folder_is_refused(folder, tmp_path):
    (folder / "link.json").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match=r"a link \(link.json\)"):
        read(folder, tmp_path)


def test_missing_path_is_refused(tmp_path):
    with pytest.raises(NotFound, match="no file or folder"):
        read(tmp_path / "gone", tmp_path)


def test_too_many_files_are_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILES", 1)
    with pytest.raises(InvalidInput, match="more than"):
        read(folder, tmp_path)


def test_full_disk_is_refused_before_it_is_full(folder, tmp_path, monkeypatch):
    shutil.make_archive(str(tmp_path / "part"), "zip", folder)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w", zipfile.ZIP_DEFLATED) as outer:
        outer.write(tmp_path / "part.zip", "part.zip")
    monkeypatch.setattr(sources, "SPARE", 1 << 60)
    with pytest.raises(Unavailable, match="too little room"):
        read(tmp_path / "outer.zip", tmp_path)


def test_unreadable_folder_is_refused(folder, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sources, "list_folder", refuse)
    with pytest.raises(Unavailable, match="Permission denied"):
        read(folder, tmp_path)


def pack(*names: str, data: bytes = b"x", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name in names:
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("place", ["before", "within"])
def test_bomb_in_zips_in_a_zip_is_refused(place, tmp_path, monkeypatch):
    """No file is large, and each is fine by itself: all together are not."""
    monkeypatch.setattr(archives, "ALWAYS_FINE", 100_000)
    zeros = bytes(60_000)
    inner = zeros + pack("readme.txt") if place == "before" else pack("a.dat", data=zeros)
    (tmp_path / "outer.zip").write_bytes(pack(*(f"{number}.zip" for number in range(40)), data=inner))
    with pytest.raises(InvalidInput, match="far larger when unpacked"):
        read(tmp_path / "outer.zip", tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.glob("scratch/*")) < 60_000


def test_texts_of_all_zips_together_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_TEXT", 1_000)
    inner = pack("conversations.json", data=b"[]" * 300, method=zipfile.ZIP_STORED)
    (tmp_path / "one.zip").write_bytes(pack("1.zip", data=inner, method=zipfile.ZIP_STORED))
    assert list(read(tmp_path / "one.zip", tmp_path)) == ["1.zip/conversations.json"]
    (tmp_path / "two.zip").write_bytes(pack("1.zip", "2.zip", data=inner, method=zipfile.ZIP_STORED))
    with pytest.raises(InvalidInput, match="far larger when unpacked"):
        read(tmp_path / "two.zip", tmp_path)


@pytest.mark.parametrize(("limit", "inner", "count"), [("MOST_INNER", ("a.txt",), 6), ("MOST_FILES", ("a/", "b/", "c/"), 3)])
def test_many_zips_in_a_zip_are_refused(limit, inner, count, tmp_path, monkeypatch):
    """Folders are no files, but are in memory as well."""
    monkeypatch.setattr(archives, limit, 5)
    (tmp_path / "outer.zip").write_bytes(pack(*(f"{number}.zip" for number in range(count)), data=pack(*inner)))
    with pytest.raises(InvalidInput, match="more than"):
        read(tmp_path / "outer.zip", tmp_path)


def test_more_than_a_zip_says_is_not_unpacked(tmp_path, monkeypatch):
    (tmp_path / "outer.zip").write_bytes(pack("1.zip", data=pack("a.txt")))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: io.BytesIO(bytes(1_000)))
    with pytest.raises(InvalidInput, match="far larger when unpacked"):
        read(tmp_path / "outer.zip", tmp_path)
    assert (tmp_path / "scratch" / "part-1.zip").stat().st_size == 0


def test_zips_in_several_zips_of_a_folder_are_kept_apart(tmp_path):
    (tmp_path / "all").mkdir()
    for name in ("a", "b"):
        (tmp_path / "all" / f"{name}.zip").write_bytes(pack("part.zip", data=pack(f"{name}.txt", data=name.encode())))
    assert sorted(read(tmp_path / "all", tmp_path).values()) == [b"a", b"b"]
