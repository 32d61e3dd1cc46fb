import pytest

from server.integrations.omi.transcript import Segment, overlap, write_seconds, write_transcript


def say(start: float, end: float, text: str = "Hi", *, is_user: bool = False) -> Segment:
    return Segment("1", text, 1, "", is_user, start, end)


def test_transcript_has_omis_format() -> None:
    segments = [say(10.0, 20.4), say(20.4, 3_700, "Yes", is_user=True), say(3_700, 3_701, "")]
    assert write_transcript(segments) == "[0:00:10 - 0:00:20] Speaker 1: Hi\n\n[0:00:20 - 1:01:40] User: Yes"


def test_overlapping_segments_have_no_times() -> None:
    assert write_transcript([say(1, 5), say(4, 6)]) == "Speaker 1: Hi\n\nSpeaker 1: Hi"
    assert overlap([say(1, 9), say(10, 11), say(8, 12)])
    assert not overlap([say(1, 2), say(2, 3)])


@pytest.mark.parametrize(("seconds", "expected"), [(-5, "0:00:00"), (59.9, "0:00:59"), (90_000, "1 day, 1:00:00")])
def test_seconds_are_formatted_as_hours(seconds, expected) -> None:
    assert write_seconds(seconds) == expected
