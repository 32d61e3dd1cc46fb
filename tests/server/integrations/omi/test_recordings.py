import wave
from datetime import UTC, datetime

from server.integrations.omi.recordings import HEADER_BYTES, Recordings, make_name


def test_interrupted_append_is_overwritten(tmp_path) -> None:
    recordings = Recordings(tmp_path / "omi")
    recordings.append("a.wav", 8_000, 0, b"\1\0" * 10)
    recordings.append("a.wav", 8_000, 20, b"\2\0" * 10)  # a kill came before its row was stored
    recordings.append("a.wav", 8_000, 20, b"\3\0" * 5)
    assert (tmp_path / "omi" / "a.wav").stat().st_size == HEADER_BYTES + 30
    with wave.open(str(tmp_path / "omi" / "a.wav")) as recorded:
        assert recorded.readframes(99) == b"\1\0" * 10 + b"\3\0" * 5
    recordings.remove(["a.wav", "never.wav"])
    assert list((tmp_path / "omi").iterdir()) == []


def test_uids_that_differ_by_case_have_different_files() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert make_name("abc", 8_000, now).lower() != make_name("ABC", 8_000, now).lower()
