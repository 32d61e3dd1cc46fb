import io
import zipfile

import pytest

from server.integrations.conversations.export.zip_stream import LARGE, ZipStream, to_date


def test_zip_is_read_while_it_is_written():
    made, content = ZipStream(), io.BytesIO()
    for number in range(3):
        with made.entry(f"ü{number}.txt", 1_795_348_800.0, packed=number == 1) as entry:
            for _ in range(50):
                entry.write(b"words " * 1_000)
                content.write(made.pipe.take())
                assert len(made.pipe) == 0
    made.close()
    content.write(made.pipe.take())
    with zipfile.ZipFile(content) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["ü0.txt", "ü1.txt", "ü2.txt"]
        first, second, _ = packed.infolist()
        assert (first.date_time, first.file_size) == ((2026, 11, 22, 12, 0, 0), 300_000)
        assert first.compress_size < 10_000 < second.compress_size
        assert first.external_attr >> 16 == 0o600


def test_entry_that_nobody_reads_on_ends_quietly():
    made = ZipStream()
    writing = made.entry("a", None, size=LARGE - 1)
    writing.__enter__().write(b"half")
    made.close()
    made.close()
    writing.__exit__(None, None, None)


@pytest.mark.parametrize("time", [None, -1e20, 1e20, float("nan"), -86_400.0, 5e9])
def test_impossible_time_is_a_possible_date(time):
    zipfile.ZipInfo("a", to_date(time))
    assert to_date(time)[0] in {1980, 2128} - {2128}
