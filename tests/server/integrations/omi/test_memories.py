import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.omi.memories import LONGEST_TRANSCRIPT, read_bound
from server.integrations.omi.models import Kind, Mark
from server.integrations.omi.store import day_summaries
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


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_malformed_date_is_refused(text) -> None:
    with pytest.raises(InvalidInput):
        read_bound(text, end=True)


def test_unreadable_row_is_left_out_of_a_list(pendant) -> None:
    pendant.send({"summary": "words"}, Kind.day_summary)
    for number, body in enumerate(("[3]", "no JSON", '{"summary_json": {"highlights": {}}}')):
        summary = {"id": f"odd{number}", "date": "2026-01-01", "created_at": "2026", "body": body}
        pendant.write(day_summaries.put, "me", summary)
    summaries = pendant.run(pendant.omi.memories.list_day_summaries(5, 0)).day_summaries
    assert [day.overview for day in summaries if not day.id.startswith("odd")] == ["words"]
    assert "odd1" not in {day.id for day in summaries}
