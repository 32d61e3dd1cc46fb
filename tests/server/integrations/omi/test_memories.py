import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.omi.memories import LONGEST_TRANSCRIPT, read_bound
from server.integrations.omi.models import Kind, Mark
from server.integrations.omi.store import day_summaries
from server.integrations.omi.store.conversations import Wanted
from tests.server.integrations.omi.pendant import make_memory


def find(pendant, **wanted) -> list[str]:
    wanted = {"limit": 50} | wanted
    return [one.id for one in pendant.run(pendant.wearable.library.list_conversations(Wanted(**wanted))).conversations]


def test_conversations_are_found_by_day_kind_and_words_the_newest_first(pendant) -> None:
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


def test_pages_follow_each_other(pendant) -> None:
    for number in range(5):
        pendant.send(make_memory(f"c{number}"))
    library, seen, offset = pendant.wearable.library, [], 0
    while offset is not None:
        page = pendant.run(library.list_conversations(Wanted(2, offset)))
        seen += [one.id for one in page.conversations]
        offset = page.next_offset
    assert seen == [f"c{number}" for number in range(5)]


def test_a_long_transcript_comes_in_pieces(pendant) -> None:
    text = "word " * 30_000
    pendant.send(make_memory(transcript_segments=[{"text": text}]))
    library, read, offset = pendant.wearable.library, "", 0
    while offset is not None:
        part = pendant.run(library.read_conversation("c1", offset))
        assert len(part.transcript) <= LONGEST_TRANSCRIPT
        assert part.truncated is (part.next_offset is not None)
        read, offset = read + part.transcript, part.next_offset
    assert read == f"[0:00:00 - 0:00:00] Speaker 0: {text.strip()}"
    with pytest.raises(InvalidInput):
        pendant.run(library.read_conversation("c1", len(read) + 1))


def test_what_was_marked_here_stays_marked_when_omi_sends_it_again(pendant) -> None:
    library = pendant.wearable.library
    pendant.send(make_memory())
    (item,) = pendant.run(library.list_action_items(10, 0, None)).action_items
    effect = pendant.run(library.preview_mark(item.id, Mark()))
    assert ("Action item", "Send proposal") in effect.fields
    pendant.run(library.mark_action_item(item.id, Mark()))
    pendant.send(make_memory(structured={"title": "Changed"}, updated_at="2026-11-21T00:00:00Z"))
    (item,) = pendant.run(library.list_action_items(10, 0, True)).action_items
    assert item.description == "Send proposal"
    pendant.run(library.mark_action_item(item.id, Mark(completed=False)))
    assert pendant.run(library.list_action_items(10, 0, True)).action_items == []
    with pytest.raises(NotFound):
        pendant.run(library.mark_action_item("a-none", Mark()))


def test_deleting_says_what_goes_and_takes_its_items_along(pendant) -> None:
    library = pendant.wearable.library
    pendant.send(make_memory())
    assert "'Timeline talk'" in pendant.run(library.preview_delete("c1")).sentence
    pendant.run(library.delete_conversation("c1"))
    assert pendant.run(library.list_action_items(10, 0, None)).action_items == []
    with pytest.raises(NotFound):
        pendant.run(library.read_conversation("c1", 0))


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_what_is_no_date_is_said(text) -> None:
    with pytest.raises(InvalidInput):
        read_bound(text, end=True)


def test_one_row_that_cannot_be_shown_spoils_no_list(pendant) -> None:
    pendant.send({"summary": "words"}, Kind.day_summary)
    for number, body in enumerate(("[3]", "no JSON", '{"summary_json": {"highlights": {}}}')):
        told = {"id": f"odd{number}", "date": "2026-01-01", "created_at": "2026", "body": body}
        pendant.write(day_summaries.put, "me", told)
    found = pendant.run(pendant.wearable.library.list_day_summaries(5, 0)).day_summaries
    assert [one.overview for one in found if not one.id.startswith("odd")] == ["words"]
    assert "odd1" not in {one.id for one in found}
