import pytest

from server.integrations.conversations.search.query import parse_search
from server.integrations.conversations.store.search import LONGEST_READ, cut_snippets, search
from server.storage import text_search
from server.storage.text_match import LONGEST_SCORED
from tests.server.integrations.conversations.library_setup import START, Said, Shelf


async def find(shelf: Shelf, query: str) -> list[str | None]:
    batch = await shelf.library.archive.read(search, parse_search(query, START).chats, None)
    return [hit.message_id for hit in batch.hits]


async def test_beginning_of_too_many_words_is_looked_for_in_texts(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    await shelf.add("a", "one melon", "one meltdown", "one mule", "melon")
    narrow = sorted(await find(shelf, "mel* one"))
    monkeypatch.setattr(text_search, "MOST_PAGES", -100)
    assert sorted(await find(shelf, "mel* one")) == narrow == ["m1", "m2"]
    assert sorted(await find(shelf, "mel*")) == ["m1", "m2", "m4"]
    assert sorted(await find(shelf, "one -mel*")) == ["m3"]


async def test_beginning_of_too_many_words_narrows_also_the_newest(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "MOST_PAGES", -100)
    monkeypatch.setattr(text_search, "BATCH", 2)
    await shelf.add("a", "one melon", "one", "one one", "one", "one", "one")
    batch = await shelf.library.archive.read(search, parse_search("mel* one", START).chats, None)
    assert [hit.message_id for hit in batch.hits] == ["m1"]
    assert batch.newest_only
    excluded = await shelf.library.archive.read(search, parse_search("one -mel*", START).chats, None)
    assert excluded.following is not None
    assert excluded.following.ranked


async def test_other_words_of_a_broad_query_may_stand_far_behind(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "MOST_PAGES", -100)
    far = "x " * LONGEST_SCORED
    await shelf.add("a", f"melon {far} one", f"one {far} melon")
    assert sorted(map(str, await find(shelf, "mel* one"))) == ["m1", "m2"]
    assert await find(shelf, "one -mel*") == []


async def test_title_that_fits_makes_its_messages_better(shelf: Shelf) -> None:
    await shelf.add("plain", Said("a melon", id="plain"), title="Other")
    await shelf.add("titled", Said("a melon", id="titled"), title="Melon")
    batch = await shelf.library.archive.read(search, parse_search("melon", START).chats, None)
    scores = {hit.message_id: hit.score for hit in batch.hits}
    assert scores["titled"] > scores["plain"]
    assert set(scores) == {None, "plain", "titled"}


async def test_times_narrow_titles_too(shelf: Shelf) -> None:
    await shelf.add("a", title="Melon")
    assert await find(shelf, "melon date:2025") == [None]
    assert await find(shelf, "melon date:2024") == []


async def test_snippets_are_cut_from_whole_texts(shelf: Shelf) -> None:
    await shelf.add("a", f"{'x ' * 9_000} melon")
    parsed = parse_search("melon", START)
    batch = await shelf.library.archive.read(search, parsed.chats, None)
    (pieces,) = (await shelf.library.archive.read(cut_snippets, parsed.request, batch.hits)).values()
    assert [piece.text for piece in pieces if piece.match] == ["melon"]


@pytest.mark.parametrize("query", ["m²", "m2"])
async def test_word_is_found_whatever_else_is_in_its_text(shelf: Shelf, query: str) -> None:
    await shelf.add("a", "80 m²", "80 m² of 東京", "80 m2, and CO₂")
    assert sorted(map(str, await find(shelf, query))) == ["m1", "m2", "m3"]


async def test_snippet_is_looked_for_in_a_part_of_a_very_long_text(shelf: Shelf) -> None:
    """Pages of such texts would fill the memory."""
    far = "x " * (LONGEST_READ // 2)
    await shelf.add("a", Said(f"{far[:10_000]} melon {far}", id="near"), Said(f"begin {far} melon", id="far"))
    request = parse_search("melon", START).chats
    hits = (await shelf.library.archive.read(search, request, None)).hits
    snippets = await shelf.library.archive.read(cut_snippets, request.request, hits)
    texts = {hit.message_id: "".join(piece.text for piece in snippets[hit.key]) for hit in hits}
    assert "melon" in texts["near"]
    assert texts["far"].startswith("begin x")
