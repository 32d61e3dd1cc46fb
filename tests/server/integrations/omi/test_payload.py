import pytest

from server.integrations.omi.payload import (
    UNREADABLE,
    UNREADABLE_TODO,
    make_id,
    read_conversation,
    read_id,
    read_moment,
    read_segment,
    read_text,
)
from tests.server.integrations.omi.pendant import FIRST_FORM, make_memory


@pytest.mark.parametrize(
    ("segment", "who"),
    [
        ({"speaker_id": 3}, "Speaker 3"),
        ({"speakerId": 3, "speaker": "SPEAKER_07"}, "Speaker 3"),
        ({"speaker": "SPEAKER_07"}, "Speaker 7"),
        ({"speaker": "somebody"}, "somebody"),
        ({"speaker_id": 3, "speaker_name": "John"}, "John"),
        ({"speaker_id": 3, "is_user": True}, "User"),
    ],
)
def test_speaker_is_parsed_in_every_spelling(segment, who) -> None:
    assert read_segment(segment).who == who


def test_made_id_is_stable() -> None:
    first = read_conversation(FIRST_FORM)
    changed = FIRST_FORM | {"structured": {"title": "Another"}, "discarded": True}
    assert read_conversation(changed).id == first.id
    assert read_conversation(FIRST_FORM | {"created_at": "2024-07-23T00:00:00Z"}).id != first.id
    assert make_id({"a": 1}) != make_id({"a": 2})


@pytest.mark.parametrize(("value", "expected"), [("c0ffee-1", "c0ffee-1"), (17, "17"), (None, ""), (True, ""), ("", "")])
def test_valid_id_is_unchanged(value, expected) -> None:
    assert read_id(value) == expected


@pytest.mark.parametrize("value", ["../x", "a b", "é", "x" * 200, "-a"])
def test_id_unfit_for_a_url_is_hashed(value) -> None:
    assert read_id(value).startswith("m-")
    assert read_id(value) == read_id(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-20T23:59:45.910559+00:00", "2026-11-20T23:59:45.910559+00:00"),
        ("2026-11-20T23:59:45Z", "2026-11-20T23:59:45+00:00"),
        ("2026-11-20T23:59:45", "2026-11-20T23:59:45+00:00"),
        ("2026-11-21T01:00:00+02:00", "2026-11-20T23:00:00+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        (float("nan"), None),
        (1e300, None),
        ("soon", None),
        ([], None),
    ],
)
def test_time_is_converted_to_utc_or_dropped(value, expected) -> None:
    assert read_moment(value) == expected


def test_imported_conversation_has_its_text() -> None:
    conversation = read_conversation(make_memory(transcript_segments=[], external_data={"text": "From elsewhere"}))
    assert conversation.transcript == "From elsewhere"
    assert read_conversation({"external_data": "plain"}).transcript == "plain"
    assert read_conversation({"external_data": {"other": 1}}).transcript == '{"other": 1}'


def test_unknown_category_is_other() -> None:
    assert read_conversation({"structured": {"category": "Work"}}).category == "work"
    assert read_conversation({"structured": {"category": "wörk"}}).category == "other"


def test_endless_number_is_no_text() -> None:
    endless = 16**5_000
    assert read_id(endless) == ""
    assert read_text(endless) == ""
    assert read_segment({"speaker_id": endless}).who == "Speaker 0"


class Unreadable(dict):
    """A segment at which reading fails as nobody foresaw."""

    def get(self, *_):
        raise RuntimeError


def test_segment_that_cannot_be_parsed_hides_no_other() -> None:
    memory = make_memory(transcript_segments=[{"text": "one"}, Unreadable(text="x"), {"text": "three"}])
    memory["structured"] = {**memory["structured"], "action_items": ["write", Unreadable(), "call"]}
    conversation = read_conversation(memory)
    assert [text in conversation.transcript for text in ("one", UNREADABLE, "three")] == [True, True, True]
    assert [todo.description for todo in conversation.todos] == ["write", UNREADABLE_TODO.description, "call"]


@pytest.mark.parametrize(
    ("segment", "who"),
    [
        ({"speaker": "Anna"}, "Anna"),
        ({"speaker": "SPEAKER_A", "speaker_id": 0}, "SPEAKER_A"),
        ({"speaker": "guest\n[0:00:00] User", "speaker_id": 2}, "guest [0:00:00] User"),
        ({"speaker": "SPEAKER_02"}, "Speaker 2"),
        ({"speaker_id": 3}, "Speaker 3"),
        ({"speaker": "Anna", "speaker_name": "Anna Weber"}, "Anna Weber"),
        ({"speaker": "Anna", "is_user": True}, "User"),
    ],
)
def test_unknown_speaker_label_is_kept(segment, who) -> None:
    assert read_segment({"text": "hello", **segment}).who == who
