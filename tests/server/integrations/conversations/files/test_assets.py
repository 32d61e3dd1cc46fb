import hashlib
import io
import os
from pathlib import Path
from typing import IO

import pytest

from server.core.errors import TooLarge, Unavailable
from server.integrations.conversations.files.assets import AssetFiles
from server.storage.data_dir import Folders

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 100


@pytest.fixture
def files(tmp_path: Path) -> AssetFiles:
    return AssetFiles(Folders(tmp_path, tmp_path, tmp_path, tmp_path))


def list_files(files: AssetFiles) -> list[Path]:
    return [path for path in files.folder.rglob("*") if path.is_file()]


def test_equal_files_are_stored_once_and_privately(files):
    stored = [files.add(io.BytesIO(content)) for content in (PICTURE, b"other", PICTURE)]
    digest = hashlib.sha256(PICTURE).hexdigest()
    assert stored[0] == stored[2]
    assert (stored[0].sha256, stored[0].size, stored[0].content_type) == (digest, len(PICTURE), "image/png")
    assert len(list_files(files)) == 2
    path = files.find(digest, len(PICTURE))
    assert path is not None
    assert path.read_bytes() == PICTURE
    assert {part.stat().st_mode & 0o077 for part in (path, path.parent, files.folder)} == {0}


def test_file_that_lost_content_is_absent_until_it_is_stored_again(files):
    stored = files.add(io.BytesIO(PICTURE))
    files.place(stored.sha256).write_bytes(b"")
    assert files.find(stored.sha256, stored.size) is None
    files.add(io.BytesIO(PICTURE))
    path = files.find(stored.sha256, stored.size)
    assert path is not None
    assert path.read_bytes() == PICTURE


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_name_that_is_no_digest_leads_nowhere(files, name):
    assert files.find(name, 1) is None
    with pytest.raises(ValueError, match=r"^" if not name else r"."):
        files.place(name)


class Broken(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if chunk := super().read(min(size or 10, 10)):
            return chunk
        raise ValueError("a damaged archive")


class Full(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


def test_failed_file_leaves_nothing(files, monkeypatch):
    with pytest.raises(TooLarge):
        files.add(io.BytesIO(PICTURE), largest=100)
    with pytest.raises(ValueError, match="a damaged archive"):
        files.add(Broken(PICTURE))

    def create(path: Path) -> IO[bytes]:
        path.touch()
        return Full()

    monkeypatch.setattr("server.integrations.conversations.files.assets.create_private_file", create)
    with pytest.raises(Unavailable, match="disk is full"):
        files.add(io.BytesIO(PICTURE))
    assert list_files(files) == []


def test_only_old_files_are_listed_and_unfinished_ones_removed(files):
    old, new, again = (files.add(io.BytesIO(content)).sha256 for content in (b"old", b"new", b"again"))
    unfinished = files.folder / "0.new"
    unfinished.touch()
    for path in (files.place(old), files.place(again), unfinished):
        os.utime(path, (1, 1))
    files.add(io.BytesIO(b"again"))
    assert list(files.list_old(3600)) == [old]
    assert not unfinished.exists()
    files.remove_old([old, new, again, "f" * 64], 3600)
    assert {path.name for path in list_files(files)} == {new, again}
