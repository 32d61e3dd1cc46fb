import time

import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.omi.memories import (
    LONGEST_LIVE,
    LONGEST_TRANSCRIPT,
    UNREADABLE,
    make_unreadable_item,
    make_unreadable_line,
    read_bound,
)
from server.integrations.omi.models import Kind, Mark
from server.integrations.omi.payload import read_conversation
from server.integrations.omi.store import conversations, day_summaries
from server.integrations.omi.store.conversations import ConversationQuery
from tests.server.integrations.omi.pendant import make_memory


def find(pendant, **wanted) -> list[str]:
    wanted = {"limit": 50} | wanted
    return [
        conversation.id
        for conversation in pendant.run(pendant.omi.memories.list_conversations(ConversationQuery(**wanted))).conversations
    ]


def test_conversations_are_filtered_by_day_category_and_words_newest_first(pendant) -> None:
    pendant.send(make_memory("old", created_at="2026-10-01T10:00:00+02:00", structured={"category": "family"}))
    pendant.send(make_memory("new", structured={"title": "Straße 100%_sure"}))
    pendant.send(make_memory("nothing", discarded=True))
    assert find(pendant) == ["new", "old"]
    assert find(pendant, discarded=True) == ["new", "nothing", "old"]
    assert find(pendant, category="family") == ["old"]
    assert find(pendant, start=read_bound("2026-10-01", end=False), end=read_bound("2026-10-01", end=True)) == ["old"]
    assert find(pendant, start=read_bound("2026-10-01T08:00:01Z", end=False)) == ["new"]
    assert find(pendant, words=("strasse",)) == ["new"]
    assert find(pendant, words=("100%_",)) == ["new"]
    assert find(pendant, words=("100_%",)) == []
    assert find(pendant, words=("plan", "sure")) == ["new"]


def test_pages_are_complete_and_in_order(pendant) -> None:
    for number in range(5):
        pendant.send(make_memory(f"c{number}"))
    memories, seen, offset = pendant.omi.memories, [], 0
    while offset is not None:
        page = pendant.run(memories.list_conversations(ConversationQuery(2, offset)))
        seen += [conversation.id for conversation in page.conversations]
        offset = page.next_offset
    assert seen == [f"c{number}" for number in range(5)]


def test_long_transcript_is_read_in_parts(pendant) -> None:
    text = "word " * 30_000
    pendant.send(make_memory(transcript_segments=[{"text": text}]))
    memories, read, offset = pendant.omi.memories, "", 0
    while offset is not None:
        part = pendant.run(memories.read_conversation("c1", offset))
        assert len(part.transcript) <= LONGEST_TRANSCRIPT
        assert part.truncated is (part.next_offset is not None)
        read, offset = read + part.transcript, part.next_offset
    assert read == f"[0:00:00 - 0:00:00] Speaker 0: {text.strip()}"
    with pytest.raises(InvalidInput):
        pendant.run(memories.read_conversation("c1", len(read) + 1))


def test_mark_survives_an_update_by_omi(pendant) -> None:
    memories = pendant.omi.memories
    pendant.send(make_memory())
    (item,) = pendant.run(memories.list_action_items(10, 0, None)).action_items
    effect = pendant.run(memories.preview_mark(item.id, Mark()))
    assert ("Action item", "Send proposal") in effect.fields
    pendant.run(memories.mark_action_item(item.id, Mark()))
    pendant.send(make_memory(structured={"title": "Changed"}, updated_at="2026-11-21T00:00:00Z"))
    (item,) = pendant.run(memories.list_action_items(10, 0, True)).action_items
    assert item.description == "Send proposal"
    pendant.run(memories.mark_action_item(item.id, Mark(completed=False)))
    assert pendant.run(memories.list_action_items(10, 0, True)).action_items == []
    with pytest.raises(NotFound):
        pendant.run(memories.mark_action_item("a-none", Mark()))


def test_deletion_is_previewed_and_removes_action_items(pendant) -> None:
    memories = pendant.omi.memories
    pendant.send(make_memory())
    assert "“Timeline talk”" in pendant.run(memories.preview_delete("c1")).sentence
    pendant.run(memories.delete_conversation("c1"))
    assert pendant.run(memories.list_action_items(10, 0, None)).action_items == []
    with pytest.raises(NotFound):
        pendant.run(memories.read_conversation("c1", 0))


def test_deleted_conversation_is_not_left_in_the_live_transcript(pendant) -> None:
    memories = pendant.omi.memories
    segments = [
        {"id": "s1", "text": "Let's plan.", "start": 10},
        {"id": "s2", "text": "Something else.", "start": 60},
        {"text": "?"},
    ]
    pendant.send(segments, Kind.transcript)
    pendant.send(make_memory())
    pendant.run(memories.delete_conversation("c1"))
    left = pendant.run(memories.read_live(None)).transcript
    assert "plan" not in left
    assert "Something else." in left


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_malformed_date_is_refused(text) -> None:
    with pytest.raises(InvalidInput):
        read_bound(text, end=True)


def test_unreadable_row_is_an_item_that_says_so(pendant) -> None:
    pendant.send({"summary": "words"}, Kind.day_summary)
    for number, body in enumerate(("[3]", "no JSON", '{"summary_json": {"highlights": {}}}')):
        summary = {"id": f"odd{number}", "date": "2026-01-01", "created_at": "2026", "body": body}
        pendant.write(day_summaries.put, "me", summary)
    summaries = pendant.run(pendant.omi.memories.list_day_summaries(5, 0)).day_summaries
    assert [day.overview for day in summaries if not day.id.startswith("odd")] == ["words"]
    assert {day.id: day.problem for day in summaries}["odd1"] == UNREADABLE
    assert {day.id: day.problem for day in summaries}["odd2"] is None


def test_conversation_that_cannot_be_read_says_so_beside_the_others(pendant) -> None:
    pendant.send(make_memory("c1"))
    content = read_conversation(make_memory("c2"))
    pendant.write(conversations.put, "me", content, "no JSON", "2026-11-21T12:00:00+00:00")
    memories = pendant.omi.memories
    assert sorted(find(pendant)) == ["c1", "c2"]
    assert pendant.run(memories.read_conversation("c1", 0)).problem is None
    broken = pendant.run(memories.read_conversation("c2", 0))
    assert (broken.problem, broken.transcript) == (UNREADABLE, "")


def test_row_that_cannot_be_viewed_keeps_its_id() -> None:
    row = {"id": "c1", "conversation_id": "c0", "created_at": "2026", "date": "2026"}
    assert (make_unreadable_line(row).id, make_unreadable_item(row).id) == ("c1", "c1")
    assert make_unreadable_line(row).problem == make_unreadable_item(row).problem == UNREADABLE


def test_long_live_transcript_shows_that_it_began_earlier(pendant) -> None:
    pendant.send([{"id": "1", "text": "word " * 10_000}], Kind.transcript)
    live = pendant.run(pendant.omi.memories.read_live(None)).transcript
    assert (len(live), live[0]) == (LONGEST_LIVE, "…")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="no variable says the zone there")
def test_day_is_local_and_the_answer_names_the_zone(pendant, monkeypatch):
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    try:
        pendant.send(make_memory("night", created_at="2026-10-01T20:00:00Z"))  # 1:00 on 2 October
        for day, ids in (("2026-10-01", []), ("2026-10-02", ["night"])):
            assert find(pendant, start=read_bound(day, end=False), end=read_bound(day, end=True)) == ids
        listed = pendant.run(pendant.omi.memories.list_conversations(ConversationQuery(50)))
        assert listed.time_zone == "UTC+05:00 (XYZ)"
    finally:
        monkeypatch.undo()
        time.tzset()
