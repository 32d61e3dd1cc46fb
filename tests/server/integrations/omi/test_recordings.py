import wave
from datetime import UTC, datetime

import pytest

from server.integrations.omi.recordings import HEADER_BYTES, Recordings, make_name

A_FILE = make_name("a", 8_000, datetime(2026, 11, 20, tzinfo=UTC))


def test_interrupted_append_is_overwritten(tmp_path) -> None:
    recordings = Recordings(tmp_path / "omi")
    recordings.append(A_FILE, 8_000, 0, b"\1\0" * 10)
    recordings.append(A_FILE, 8_000, 20, b"\2\0" * 10)  # a kill came before its row was stored
    recordings.append(A_FILE, 8_000, 20, b"\3\0" * 5)
    assert (tmp_path / "omi" / A_FILE).stat().st_size == HEADER_BYTES + 30
    with wave.open(str(tmp_path / "omi" / A_FILE)) as recorded:
        assert recorded.readframes(99) == b"\1\0" * 10 + b"\3\0" * 5
    recordings.remove([A_FILE, "never.wav"])
    assert list((tmp_path / "omi").iterdir()) == []


@pytest.mark.parametrize("name", ["../settings.json", "/etc/passwd", "20261120T1-0123456789ab-8000.wav/../../x", "", "."])
def test_file_outside_is_neither_written_nor_removed(tmp_path, name) -> None:
    (tmp_path / "settings.json").write_text("{}")
    recordings = Recordings(tmp_path / "omi")
    recordings.append(A_FILE, 8_000, 0, b"\1\0")
    with pytest.raises(ValueError):  # noqa: PT011, it is the name
        recordings.append(name, 8_000, 0, b"\1\0")
    recordings.remove([name])
    assert (tmp_path / "settings.json").read_text() == "{}"
    assert [path.name for path in (tmp_path / "omi").iterdir()] == [A_FILE]


def test_uids_that_differ_by_case_have_different_files() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert make_name("abc", 8_000, now).lower() != make_name("ABC", 8_000, now).lower()
