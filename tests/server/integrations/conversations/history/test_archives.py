import io
import stat
import struct
import zipfile

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.history import archives
from server.integrations.conversations.history.archives import Totals, open_zip


def make(*names: str, data: bytes = b"x", method: int = zipfile.ZIP_DEFLATED, attributes: int = 0) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = attributes, method
            archive.writestr(info, data)
    return file


def open_export(file: io.BytesIO) -> zipfile.ZipFile:
    totals = Totals()
    totals.allow(len(file.getvalue()))
    return open_zip(file, "export.zip", totals)


def refuse(file: io.BytesIO) -> str:
    with pytest.raises(InvalidInput, match=r"\.$") as refused:
        open_export(file)
    return refused.value.detail


def test_usual_zip_is_opened():
    assert open_export(make("a.json", "folder/b.dat")).namelist() == ["a.json", "folder/b.dat"]


@pytest.mark.parametrize("name", ["../a.json", "a/../../b", "/etc/passwd", "C:/a", "c:a", "..\\a", "\\\\host\\share"])
def test_path_that_leads_out_is_refused(name):
    assert "unsafe path" in refuse(make("a.json", name))


def test_link_is_refused():
    assert "a link" in refuse(make("a.json", attributes=(stat.S_IFLNK | 0o777) << 16))


def test_bomb_is_refused():
    assert "far larger" in refuse(make("conversations.json", data=b"0" * (archives.ALWAYS_FINE + 1)))


def test_entries_that_share_their_bytes_are_refused():
    file = make("a.json", data=b"a" * 5_000, method=zipfile.ZIP_STORED)
    with zipfile.ZipFile(file, "a") as archive:
        archive.filelist += [archive.filelist[0]] * 50
        archive._didModify = True
    assert "far larger" in refuse(file)


def test_encrypted_zip_is_refused():
    file = make("a.json")
    data = bytearray(file.getvalue())
    place = data.rfind(b"PK\x01\x02")
    data[place + 8] |= 1
    assert "encrypted" in refuse(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_without_a_limit_is_refused(method):
    """Python unpacks all that a chunk of it becomes, which can be gigabytes."""
    assert "compressed in a way" in refuse(make("a.json", method=method))


def test_unknown_compression_is_refused():
    data = bytearray(make("a.json").getvalue())
    struct.pack_into("<H", data, data.rfind(b"PK\x01\x02") + 10, 95)
    assert "compressed in a way" in refuse(io.BytesIO(bytes(data)))


def test_million_entries_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 50)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "more than" in refuse_many()


def refuse_many() -> str:
    entry = b"PK\x01\x02" + bytes(42)
    directory = entry * 51
    return refuse(io.BytesIO(directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 51, 51, len(directory), 0, 0)))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and nothing", b"PK\x05\x06" + b"\xff" * 18, bytes(100_000)])
def test_damaged_zip_is_refused(data):
    assert "damaged" in refuse(io.BytesIO(data))


def make_zip64(directory: bytes, says: int) -> io.BytesIO:
    """Make a zip64 file of this directory, whose last record says another size of it."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(directory), 1)
    return io.BytesIO(directory + record + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, says, 0, 0))


@pytest.mark.parametrize("says", [0, 46, 0xFFFFFFFF])
def test_million_entries_of_a_zip64_are_refused_before_they_are_read(monkeypatch, says):
    """Python takes the size of the directory from the record of zip64, whatever the last one says."""
    monkeypatch.setattr(archives, "MOST_FILES", 50)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "more than" in refuse(make_zip64((b"PK\x01\x02" + bytes(42)) * 51, says))


def test_large_zip64_whose_last_record_gives_no_size_is_opened(monkeypatch):
    """Programs in Go and .NET leave that to the record of zip64."""
    monkeypatch.setattr(archives, "LARGEST_DIRECTORY", 1_000)
    file = make("a.json", data=bytes(range(256)) * 10, method=zipfile.ZIP_STORED)
    data = file.getvalue()
    start = data.index(b"PK\x01\x02")
    directory = data[start : data.rindex(b"PK\x05\x06")]
    assert open_export(io.BytesIO(data[:start] + make_zip64(directory, 0xFFFFFFFF).getvalue())).namelist() == ["a.json"]
