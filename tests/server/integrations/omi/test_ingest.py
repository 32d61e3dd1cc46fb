import json
import wave

import pytest
from sqlalchemy import func, select

from server.core.errors import Forbidden, InvalidInput, TooLarge, TooManyRequests
from server.integrations.omi.models import Kind
from server.integrations.omi.parsers import IncomingDelivery
from server.integrations.omi.store import aside, audio, conversations, day_summaries, sources, tables
from server.integrations.omi.store.conversations import ConversationQuery
from server.integrations.omi.store.tables import count
from tests.server.integrations.omi.pendant import FIRST_FORM, make_memory


def titles(pendant) -> list[str]:
    return [row["title"] for row in pendant.read(conversations.read_some, ConversationQuery(50))]


def test_first_format_sent_twice_is_one_conversation_with_every_field(pendant) -> None:
    body = json.dumps(FIRST_FORM | {"what": "nobody knows"})
    for _ in range(2):
        pendant.send(body.encode())
    (row,) = pendant.read(conversations.read_some, ConversationQuery(50))
    assert pendant.read(conversations.read, row["id"])["body"] == body


def test_retry_is_recognized_by_key_and_by_content(pendant) -> None:
    pendant.send(make_memory(), key="k1")
    pendant.send(make_memory(), key="k1")
    pendant.send(make_memory(), key="k2")
    assert len(titles(pendant)) == 1
    with pytest.raises(InvalidInput, match="belongs to another"):
        pendant.send(make_memory("c2"), key="k1")
    assert len(titles(pendant)) == 1


def test_late_older_update_changes_nothing(pendant) -> None:
    def make_conversation(title: str, at: str | None):
        return make_memory(updated_at=at, structured={"title": title})

    pendant.send(make_conversation("first", None))
    pendant.send(make_conversation("third", "2026-11-21T02:00:00Z"))
    pendant.send(make_conversation("second", "2026-11-21T01:00:00Z"))
    pendant.send(make_conversation("first again", None))
    assert titles(pendant) == ["third"]


def test_replay_does_not_restore_the_old_state(pendant) -> None:
    pendant.send(make_memory(structured={"title": "old"}), key="k1", signed_at=100)
    pendant.send(make_memory(structured={"title": "new"}), key="k2", signed_at=101)
    for key in ("k1", "another", None):
        pendant.send(make_memory(structured={"title": "old"}), key=key, signed_at=100)
        assert titles(pendant) == ["new"]


def test_change_back_is_applied(pendant) -> None:
    def send(title: str, key: str | None = None, signed_at: int | None = None) -> list[str]:
        pendant.send(make_memory(structured={"title": title}), key=key, signed_at=signed_at)
        return titles(pendant)

    for number, title in enumerate(("A", "B", "A", "B")):
        assert send(title, f"k{number}", 100 + number) == [title]
    assert send("A", "k2", 104) == ["B"]  # the third one again
    for title in ("A", "B", "A"):
        assert send(title) == [title]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1]", b"3", b'"text"', b"[" * 100_000, b'{"a":' * 100_000])
def test_body_that_is_no_object_is_refused(pendant, body) -> None:
    with pytest.raises(InvalidInput, match="delivery of OMI"):
        pendant.send(body)


@pytest.mark.parametrize(
    "odd",
    [
        {"structured": None},
        {"transcript_segments": "none"},
        {"created_at": 17, "started_at": "yesterday", "finished_at": {}},
        {"id": ["x"], "transcript_segments": [3, None, {"start": "a", "end": None, "text": 7}]},
        {"structured": {"title": 5, "category": [], "action_items": [3, "call", {"description": None}]}, "discarded": "no"},
        {"structured": {"title": "\ud800 half", "overview": "nul \0"}},
    ],
)
def test_odd_field_does_not_lose_the_delivery(pendant, odd) -> None:
    pendant.send(make_memory("odd") | odd)
    assert len(titles(pendant)) == 1


def test_deliveries_of_a_new_uid_are_kept_aside_until_it_is_accepted(new_pendant) -> None:
    new_pendant.send(make_memory(), uid="stranger")
    new_pendant.send(make_memory("c2"), uid="stranger")
    assert titles(new_pendant) == []
    (question,) = new_pendant.questions()
    assert ("On hold", "2 deliveries") in question.fields
    new_pendant.accept("stranger")
    assert len(titles(new_pendant)) == 2
    assert new_pendant.questions() == []


def test_denial_removes_what_waits_and_drops_the_rest(new_pendant) -> None:
    new_pendant.send(make_memory(), uid="stranger")
    new_pendant.run(new_pendant.context.approval_requests.deny(new_pendant.questions()[0].id))
    with pytest.raises(Forbidden):
        new_pendant.send(make_memory("c2"), uid="stranger")
    (source,) = new_pendant.read(sources.read_all)
    assert (source["state"], source["dropped"], source["conversations"]) == ("denied", 1, 0)


def test_waiting_uids_and_deliveries_are_limited(new_pendant) -> None:
    new_pendant.set(waiting_uids=2, waiting_deliveries=3, waiting_bytes=5_000)
    for number in range(3):
        new_pendant.send(make_memory(f"c{number}"), uid="many")
    with pytest.raises(TooManyRequests):
        new_pendant.send(make_memory("c9"), uid="many")
    with pytest.raises(TooManyRequests):
        new_pendant.send(make_memory(structured={"overview": "long" * 2_000}), uid="large")
    new_pendant.send(make_memory(), uid="second")
    with pytest.raises(TooManyRequests):
        new_pendant.send(make_memory(), uid="third")
    assert len(new_pendant.questions()) == 2


def test_limit_of_uids_named_by_clients_is_separate(new_pendant) -> None:
    who = {"client": "c-1", "client_name": "My GPT"}
    new_pendant.set(waiting_uids=2)
    for number in range(3):
        new_pendant.send(make_memory(), uid=f"named-{number}", **who)
    with pytest.raises(TooManyRequests):
        new_pendant.send(make_memory(), uid="named-3", **who)
    for number in range(2):
        new_pendant.send(make_memory(), uid=f"sent-{number}")
    with pytest.raises(TooManyRequests):
        new_pendant.send(make_memory(), uid="sent-2")
    assert [question.client for question in new_pendant.questions()] == ["My GPT"] * 3 + ["OMI"] * 2


def test_same_conversation_id_of_another_uid_changes_nothing(pendant) -> None:
    pendant.send(make_memory())
    pendant.send(make_memory(structured={"title": "theirs"}, updated_at="2030-01-01T00:00:00Z"), uid="stranger")
    assert titles(pendant) == ["Timeline talk"]


def test_transcript_segments_are_stored_in_both_formats(pendant) -> None:
    segment = {"id": "a", "text": "Hel", "speaker_id": 1, "is_user": True, "start": 1.0, "end": 2.0}
    pendant.send({"segments": [segment], "session_id": "in the body"}, Kind.transcript)
    pendant.send([segment | {"text": "Hello"}], Kind.transcript, session="in the body")
    live = pendant.run(pendant.omi.memories.read_live(None))
    assert (live.session_id, live.transcript) == ("in the body", "[0:00:01 - 0:00:02] User: Hello")
    pendant.send({"segments": [segment], "session_id": "in the body"}, Kind.transcript)
    assert pendant.run(pendant.omi.memories.read_live(None)).transcript == "[0:00:01 - 0:00:02] User: Hel"
    pendant.send({"segments": [segment]}, Kind.transcript)
    assert pendant.run(pendant.omi.memories.read_live(None)).session_id == "me"


def test_equal_button_presses_are_both_stored(pendant) -> None:
    for _ in range(2):
        pendant.send({"button_event": "double_tap"}, Kind.button)
        pendant.send({"button_event": "single_tap", "event_id": "7"}, Kind.button)
    events = [row.event for row in pendant.read(lambda connection: connection.execute(day_summaries.button.select()).all())]
    assert sorted(events) == ["double_tap", "double_tap", "single_tap", "single_tap"]


def test_audio_becomes_a_playable_file(pendant, tmp_path) -> None:
    second = b"\1\0" * 16_000
    for _ in range(2):
        pendant.send(second, Kind.audio, rate=16_000, key="one")
    pendant.send(second, Kind.audio, rate=16_000, key="two")
    (file,) = (tmp_path / "data" / "files" / "omi").iterdir()
    with wave.open(str(file)) as recorded:
        assert (recorded.getframerate(), recorded.getnchannels(), recorded.getsampwidth()) == (16_000, 1, 2)
        assert recorded.readframes(99_999) == second * 2
    assert pendant.read(count, audio.SIZE) == len(second) * 2


def test_audio_does_not_go_on_in_a_file_that_is_removed_meanwhile(pendant, tmp_path) -> None:
    first, second = b"\1\0" * 16_000, b"\2\0" * 8_000
    pendant.send(first, Kind.audio, rate=16_000)

    async def forget_and_store(write, _=None):
        await pendant.context.database.write(audio.forget_old, "", 0, pendant.omi.recordings.remove)
        return await pendant.context.database.write(write)

    pendant.run(pendant.omi.ingest.take(IncomingDelivery(Kind.audio, "me", second, "a test", rate=16_000), forget_and_store))
    (file,) = (tmp_path / "data" / "files" / "omi").iterdir()
    with wave.open(str(file)) as recorded:
        assert recorded.readframes(99_999) == second
    assert pendant.read(count, audio.SIZE) == len(second)


def test_audio_does_not_go_on_in_a_file_that_is_gone(pendant, tmp_path) -> None:
    folder = tmp_path / "data" / "files" / "omi"
    pendant.send(b"\1\0" * 16_000, Kind.audio, rate=16_000, key="one")
    (gone,) = folder.iterdir()
    gone.unlink()  # and a kill came before its row was removed
    pendant.send(b"\2\0" * 8_000, Kind.audio, rate=16_000, key="two")
    (file,) = folder.iterdir()
    with wave.open(str(file)) as recorded:
        assert recorded.readframes(99_999) == b"\2\0" * 8_000


@pytest.mark.parametrize(("sound_bytes", "rate"), [(b"", 16_000), (b"odd", 16_000), (b"even", 0)])
def test_malformed_audio_is_refused(pendant, sound_bytes, rate) -> None:
    with pytest.raises(InvalidInput):
        pendant.send(sound_bytes, Kind.audio, rate=rate)


def test_audio_is_refused_if_its_limit_is_zero(pendant) -> None:
    pendant.set(sound_megabytes=0)
    with pytest.raises(Forbidden):
        pendant.send(b"even", Kind.audio, rate=16_000)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"transcript_segments": 3},
        {"id": "c1"},
        {
            "created_at": "2026-11-20T23:59:45Z",
            "structured": {"title": " ", "action_items": [{}]},
            "photos": [],
            "status": "completed",
        },
        {"transcript_segments": [{"text": "", "start": 0}, 7], "external_data": {}},
        {"discarded": True},
    ],
)
def test_memory_without_content_is_kept_aside_and_reported(pendant, body) -> None:
    pendant.send(make_memory("c1"))
    pendant.send(body)
    pendant.send(body)
    assert titles(pendant) == ["Timeline talk"], "nor does it empty the one that is known"
    assert pendant.read(count, aside.COUNT) == 1
    pendant.run(pendant.omi.refresh())
    assert pendant.omi.summary == "1 conversation, 1 without content"
    pendant.run(pendant.omi.sources.forget("me"))
    assert pendant.read(count, select(func.count()).select_from(tables.aside)) == 0


@pytest.mark.parametrize(
    "body",
    [
        {"photos": [{"description": "a cat"}]},
        {"plugins_results": [{"content": "Test app response"}]},
        {"external_data": {"text": "brought in"}},
        {"structured": {"action_items": ["call Bob"]}},
    ],
)
def test_memory_with_any_content_is_a_conversation(pendant, body) -> None:
    pendant.send(body)
    assert len(titles(pendant)) == 1
    assert pendant.read(count, aside.COUNT) == 0


def test_change_of_a_conversation_needs_no_content(pendant) -> None:
    pendant.send(make_memory("c1"))
    pendant.send({"id": "c1", "discarded": True, "updated_at": "2026-11-22T00:00:00Z"})
    assert titles(pendant) == []
    assert pendant.read(count, aside.COUNT) == 0


def test_day_summary_without_content_is_kept_aside(pendant) -> None:
    for body in ({}, {"summary_json": {}}, {"summary": {"highlights": [{}]}}):
        pendant.send(body, Kind.day_summary)
    assert (pendant.read(count, day_summaries.COUNT), pendant.read(count, aside.COUNT)) == (0, 3)
    pendant.send({"summary": "A calm day."}, Kind.day_summary)
    assert pendant.read(count, day_summaries.COUNT) == 1


def test_only_the_newest_without_content_are_kept(pendant, monkeypatch) -> None:
    monkeypatch.setattr(aside, "MOST_KEPT", 2)
    for number in range(4):
        pendant.send({"nothing": number})
    assert pendant.read(count, aside.COUNT) == 2


def test_client_adds_no_more_than_its_room(pendant) -> None:
    pendant.set(client_megabytes=1)
    large = [make_memory(f"large-{number}", structured={"overview": "x" * 300_000}) for number in range(2)]
    first = {"client": "id-1", "client_name": "first"}
    pendant.send(large[0], **first)
    with pytest.raises(TooLarge, match="as much as it may"):
        pendant.send(large[1], **first)
    pendant.send(large[0], **first)  # the same one again changes nothing
    pendant.send(large[1], client="id-2", client_name="second")
    pendant.send(make_memory("of-omi", structured={"overview": "x" * 2_000_000}))
    pendant.write(conversations.remove, "me", "large-0", "2026-11-22")
    pendant.send(make_memory("small"), **first)
    assert len(titles(pendant)) == 3


def test_small_conversations_take_room_too(pendant) -> None:
    pendant.set(client_megabytes=1)
    for number in range(1_000):
        try:
            pendant.send(make_memory(f"c{number}"), client="id-1", client_name="first")
        except TooLarge:
            break
    assert 100 < number < 900
