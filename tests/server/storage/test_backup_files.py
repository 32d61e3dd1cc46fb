import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import pytest

from server.storage.backup_files import HEADER, MeasuredReader, MeasuredWriter, merge_files, read_files, write_files


def store(folder: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def pack(folder: Path) -> bytes:
    stream = io.BytesIO()
    writer = MeasuredWriter(stream)
    write_files(folder, writer)
    assert (writer.size, writer.sha256) == (len(stream.getvalue()), hashlib.sha256(stream.getvalue()).hexdigest())
    return stream.getvalue()


def unpack(packed: bytes, folder: Path) -> int:
    return sum(read_files(MeasuredReader(io.BytesIO(packed)), folder))


def list_contents(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_come_back_as_they_were_and_nothing_else_is_packed(tmp_path):
    contents = {b"", b"a", b"b" * 3_000_000}
    for content in contents:
        store(tmp_path / "files", content)
    (tmp_path / "files" / "aa").mkdir(exist_ok=True)
    (tmp_path / "files" / "aa" / "notes.txt").write_text("not ours")
    (tmp_path / "files" / "aa" / ("a" * 64)).symlink_to("/etc/passwd")
    packed = pack(tmp_path / "files")
    assert unpack(packed, tmp_path / "copy") == len(packed)
    assert list_contents(tmp_path / "copy") == contents


def test_memory_stays_flat(tmp_path):
    path = store(tmp_path / "files", b"x")
    os.truncate(path, 200 << 20)  # its name does not matter for writing
    with (tmp_path / "packed").open("wb") as stream:
        tracemalloc.start()
        write_files(tmp_path / "files", MeasuredWriter(stream))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 << 20


RECORD = HEADER.pack(hashlib.sha256(b"abc").digest(), 3) + b"abc"


@pytest.mark.parametrize(
    "packed",
    [
        RECORD[:-3] + b"abd",
        RECORD[:-1],
        HEADER.pack(hashlib.sha256(b"abc").digest(), 1 << 62) + b"abc",
        HEADER.pack(b"../../../../../../../../evil/evil"[:32], 3) + b"abc",
    ],
)
def test_file_with_another_content_than_its_name_says_is_refused(tmp_path, packed):
    with pytest.raises(ValueError, match="other content"):
        unpack(packed, tmp_path / "copy")


@pytest.mark.parametrize("packed", [RECORD[:20], RECORD + RECORD[:39]])
def test_incomplete_record_is_refused(tmp_path, packed):
    with pytest.raises(Exception, match="buffer of 40 bytes"):
        unpack(packed, tmp_path / "copy")


def test_repeated_record_is_one_file(tmp_path):
    unpack(RECORD * 3, tmp_path / "copy")
    assert list_contents(tmp_path / "copy") == {b"abc"}


def test_merged_files_join_those_that_are_there(tmp_path):
    for content in (b"a", b"both"):
        store(tmp_path / "prepared", content)
    for content in (b"b", b"both"):
        store(tmp_path / "files", content)
    merge_files(tmp_path / "prepared", tmp_path / "files")
    merge_files(tmp_path / "prepared", tmp_path / "files")
    assert list_contents(tmp_path / "files") == {b"a", b"b", b"both"}
