import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.core.errors import InvalidInput
from server.integrations.conversations.search.search import NEWEST_ONLY
from server.integrations.conversations.store import deletion
from server.integrations.conversations.store import search as store
from server.integrations.conversations.store.search_index import unindex_conversation
from tests.server.integrations.conversations.library_setup import START, Said, Shelf, open_shelf

TEXTS = {
    "en": "The quick brown fox doesn't jump over AT&T's lazy dog; see README.md and snake_case.",
    "de": "Die Straße nach Köln ist größer, und die Grüße kommen früh.",
    "fr": "Un café crème, s'il vous plaît: l'élève a déjà payé son œuvre.",
    "es": "El niño comió una piña en la mañana de otoño.",
    "tr": "İstanbul'da güzel bir çay içtik, \u0131ş\u0131k yand\u0131.",
    "ru": "Привет, мир! Ёлка стоит в моём лесу, летит ещё один самолёт.",
    "ar": "هذا كِتَابٌ جميل عن اللغة العربية من أحمد إلى المدرسة",
    "he": "שָׁלוֹם לכולם, ספר חדש",
    "hi": "यह किताब हिन्दी में लिखी गई है",
    "zh": "今天我们来学习如何用itgc做机器学习的验证码识别,集合完毕。",
    "ja": "東京タワーでおいしいラーメンを食べました。カタカナ",
    "ko": "한국어로 쓴 편지를 집에서 읽었습니다.",
    "th": "ผมรักเมืองไทยมากที่สุด",
    "el": "\u0397 Αθήνα είναι όμορφη πόλη.",
    "vi": "Tôi yêu Việt Nam và phở bò, đường đẹp.",
    "pl": "Łódź, żółw i gęś.",
    "no": "Tromsø har smørrebrød, Ærø har æbler.",
}
QUERIES = [
    ("quick fox", "en"),
    ('"brown fox"', "en"),
    ('"fox brown"', ""),
    ("jum*", "en"),
    ("AT&T", "en"),
    ("doesn't", "en"),
    ("doesn\u2019t", "en"),
    ("readme.md", "en"),
    ("snake", "en"),
    ("quick -lazy", ""),
    ("quick -cat", "en"),
    ('"quick brown', "en"),
    ("strasse", "de"),
    ("STRASSE", "de"),
    ("koln", "de"),
    ("grösser", "de"),
    ("grüss*", "de"),
    ("cafe", "fr"),
    ("CAFÉ", "fr"),
    ("élève", "fr"),
    ("nino", "es"),
    ("piña mañana", "es"),
    ("istanbul", "tr"),
    ("guzel", "tr"),
    ("привет", "ru"),
    ("ЁЛКА", "ru"),
    ("елка", "ru"),
    ("еще самолет", "ru"),
    ("ещё самолёт", "ru"),
    ("мои*", ""),
    ("моем", "ru"),
    ("lodz zolw", "pl"),
    ("Łódź", "pl"),
    ("ŻÓŁW", "pl"),
    ("tromso smorrebrod", "no"),
    ("Tromsø", "no"),
    ("aero", "no"),
    ("aebl*", "no"),
    ("æbler", "no"),
    ("oeuvre", "fr"),
    ("Œuvre", "fr"),
    ("isik", "tr"),
    ("\u0131ş\u0131k", "tr"),
    ("احمد", "ar"),
    ("الى المدرسه", "ar"),
    ("أحمد", "ar"),
    ("duong dep", "vi"),
    ("Đường", "vi"),
    ("كتاب", "ar"),
    ("العربية", "ar"),
    ("שלום", "he"),
    ("हिन्दी", "hi"),
    ("किताब हिन्दी", "hi"),
    ("验证", "zh"),
    ("验证码", "zh"),
    ("习", "zh"),
    ("集", "zh"),
    ("itgc", "zh"),
    ("机器学习", "zh"),
    ("机学", ""),
    ("学习 验证", "zh"),
    ("东京", ""),
    ("東京", "ja"),
    ("ラーメン", "ja"),
    ("ラー", "ja"),
    ("ｶﾀｶﾅ", "ja"),
    ("食べました", "ja"),
    ("한국", "ko"),
    ("한국어", "ko"),
    ("집", "ko"),
    ("편지를", "ko"),
    ("เมือง", "th"),
    ("ไทย", "th"),
    ("รัก", "th"),
    ("ม", "th"),
    ("αθηνα", "el"),
    ("viet nam", "vi"),
    ("phở", "vi"),
    ("quick ok", ""),
    ("ok", ""),
]
NO_SYNTAX = [
    *(
        '"',
        "(",
        ")",
        "*",
        "-",
        "a OR",
        "OR",
        "NOT",
        "AND",
        "NEAR(a b",
        "a AND",
        "^",
        "{words}:x",
        "rowid:1",
        "words:x",
        '""',
        "''",
    ),
    *("role:", "role:nobody", "date:yesterday", "date:2026-99", "date:..", "before:", "title:", 'title:"', "project:", "-role:x"),
    *(
        "a:b:c",
        "c:\\x",
        "\0",
        "a\0b",
        "\ud800",
        "\ud800x",
        "😀",
        "+",
        "%",
        "_",
        "a*b*",
        "-*",
        "---",
        '-"',
        "\u202e",
        "e\u0301\u0301",
    ),
    *("select * from", ";--", "source:", "after:9999", "before:0000", "date:2026..2020", 'x"y', "title:* -title:*", "-a -b"),
    "x" * 2_000,
    "a " * 1_000,
    '"' * 99,
    "(" * 500,
]


@pytest.fixture(scope="module")
async def languages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    async with open_shelf(tmp_path_factory.mktemp("languages") / "data") as shelf:
        for name, text in TEXTS.items():
            await shelf.add(name, text)
        yield shelf


@pytest.mark.parametrize(("query", "expected"), QUERIES)
async def test_queries_in_many_languages(languages: Shelf, query: str, expected: str) -> None:
    assert [hits.split("/")[0] for hits in await languages.find(query)] == ([expected] if expected else [])


@pytest.mark.parametrize("query", NO_SYNTAX, ids=range(len(NO_SYNTAX)))
async def test_no_text_is_a_syntax_error(languages: Shelf, query: str) -> None:
    await languages.find(query)


async def test_titles_and_texts_are_searched_in_both_databases(shelf: Shelf) -> None:
    await shelf.add("old", "nothing here", title="Tax return")
    await shelf.add("new", "my tax", imported=False)
    assert sorted(await shelf.find("tax")) == ["new/m1", "old"]
    assert await shelf.find("title:tax") == ["old"]
    assert await shelf.find("title:tax nothing") == ["old/m1"]
    assert await shelf.find("title:tax my") == []


async def test_operators_narrow_a_search(shelf: Shelf) -> None:
    await shelf.add_project("g-p-1", "Garden 2026")
    await shelf.add("a", "apple", Said("apple pie", "assistant"), project="g-p-1")
    await shelf.add("b", "apple", imported=False, created_at=START - 40_000_000)
    hits = {
        "apple role:user": ["a/m1", "b/m1"],
        "apple role:assistant": ["a/m2"],
        "apple -role:user": ["a/m2"],
        "apple project:garden role:user": ["a/m1"],
        'apple project:"Garden 2026" pie': ["a/m2"],
        "apple project:g-p-1 -pie": ["a/m1"],
        "apple -project:garden": ["b/m1"],
        "apple project:kitchen": [],
        "apple source:openai": ["b/m1"],
        "apple -source:openai -pie": ["a/m1"],
        "apple source:omi": [],
        "apple date:2025": ["a/m1", "a/m2"],
        "apple date:2024-07": ["b/m1"],
        "apple date:2024-07-03": ["b/m1"],
        "apple date:2024-07..2024-12": ["b/m1"],
        "apple date:..2024": ["b/m1"],
        "apple date:2025..": ["a/m1", "a/m2"],
        "apple before:2025": ["b/m1"],
        "apple after:2025": ["a/m1", "a/m2"],
        "role:assistant": ["a/m2"],
        "project:garden": ["a/m1", "a/m2"],
        "-apple role:user": [],
    }
    assert {query: sorted(await shelf.find(query)) for query in hits} == hits


async def test_operator_with_an_unknown_value_is_searched_as_words(shelf: Shelf) -> None:
    await shelf.add("a", "set role:nobody in the file", "date: yesterday")
    assert await shelf.find("role:nobody") == ["a/m1"]
    assert await shelf.find("date:yesterday") == ["a/m2"]


async def test_better_matches_come_first(shelf: Shelf) -> None:
    await shelf.add("far", f"copper {'and other things ' * 40} kettle")
    await shelf.add("near", "a copper kettle")
    await shelf.add("titled", f"{'some words ' * 30} copper kettle", title="My copper kettle")
    hits = await shelf.find("copper kettle")
    assert hits.index("near/m1") < hits.index("far/m1")
    assert hits.index("titled/m1") < hits.index("far/m1")


async def test_snippet_is_cut_from_the_stored_text_and_marks_matches(shelf: Shelf) -> None:
    await shelf.add("a", f"{'x ' * 300}Die Grüße\naus 東京タワー.{' y' * 300}")
    (result,) = (await shelf.search.search("grusse 東京", None, 5)).results
    assert [piece.text for piece in result.snippet if piece.match] == ["Grüße", "東京"]
    shown = "".join(piece.text for piece in result.snippet)
    assert "Grüße aus 東京タワー." in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 300


async def test_match_far_down_in_a_long_text_is_shown(shelf: Shelf) -> None:
    await shelf.add("a", f"{'filler ' * 20_000} needle")
    (result,) = (await shelf.search.search("needle", None, 5)).results
    assert [piece.text for piece in result.snippet if piece.match] == ["needle"]


async def test_temporary_conversations_are_not_found(shelf: Shelf) -> None:
    await shelf.add("a", "secret", title="secret", temporary=True, imported=False)
    assert await shelf.find("secret") == []


async def test_unindexed_conversation_is_not_found(shelf: Shelf) -> None:
    key = await shelf.add("a", "secret 验证", title="secret")
    await shelf.add("b", "secret")
    await shelf.context.archive.write(unindex_conversation, key)
    assert await shelf.find("secret") == ["b/m1"]
    assert await shelf.find("验") == []


async def test_folded_thoughts_are_searched(shelf: Shelf) -> None:
    await shelf.add("a", Said("Thinking of zebras", "assistant", values={"kind": "thoughts"}))
    assert await shelf.find("zebras") == ["a/m1"]


async def test_pages_have_each_result_once(shelf: Shelf) -> None:
    for number in range(12):
        await shelf.add(
            f"c{number}", *(f"melon {'x ' * place}" for place in range(5)), title=f"melon {number}", imported=number % 2 == 0
        )
    hits = await shelf.find_all("melon", 7)
    assert len(hits) == 72
    assert len(set(hits)) == 72


async def test_over_common_words_find_the_newest_and_say_so(shelf: Shelf) -> None:
    await shelf.add("a", *(Said("plum", at=START + number) for number in range(9_000)), Said("plum plum cake", at=START))
    page = await shelf.search.search("plum", None, 20)
    assert page.note == NEWEST_ONLY
    assert {result.message_id for result in page.results} <= {f"m{number}" for number in range(8_700, 9_001)}
    everything = await shelf.find_all("plum", 200)
    assert len(everything) == len(set(everything)) == 9_001
    assert (await shelf.search.search("plum cake", None, 20)).note is None


async def test_matches_of_a_usual_word_are_all_ranked(shelf: Shelf) -> None:
    await shelf.add("a", *(Said(f"{'pear ' * (number == 3)} pear {'x ' * 30}", at=START + number) for number in range(900)))
    page = await shelf.search.search("pear", None, 20)
    assert page.note is None
    assert page.results[0].message_id == "m4"
    everything = await shelf.find_all("pear", 200)
    assert len(everything) == len(set(everything)) == 900


async def test_search_goes_on_while_the_archive_is_damaged(tmp_path: Path) -> None:
    async with open_shelf(tmp_path / "data") as shelf:
        await shelf.add("a", "cherry", imported=False)
        (tmp_path / "data" / "archive.db").write_bytes(b"damaged" * 2_000)
        page = await shelf.search.search("cherry", None, 5)
        assert [result.chat_id for result in page.results] == ["a"]
        assert "archive" in (page.note or "")


FORGED = urlsafe_b64encode(b'{"sources":{"live":{"key":9223372036854775808}}}').decode()


@pytest.mark.parametrize("cursor", ["x", "e30x", "////", "eyJzb3VyY2VzIjogMX0", FORGED])
async def test_cursor_that_is_none_is_refused(shelf: Shelf, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        await shelf.search.search("x", cursor, 5)


async def test_search_goes_on_while_an_import_writes(shelf: Shelf) -> None:
    await shelf.add("a", "apricot")

    async def write() -> None:
        for number in range(5):
            await shelf.add(f"c{number}", *(f"apricot {place}" for place in range(20)))

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write())
        counts = [len(await shelf.find("apricot", limit=500))]
        while not writing.done():
            counts.append(len(await shelf.find("apricot", limit=500)))
    assert counts == sorted(counts)  # each search sees whole conversations
    assert {count % 20 for count in counts} == {1}
    assert len(await shelf.find("apricot", limit=500)) == 101


async def add_titles(shelf: Shelf, count: int) -> None:
    await shelf.add("old", "a zebra", title="Old chat", created_at=START - 9, updated_at=START - 9)
    for number in range(count):
        times = {"created_at": START + number, "updated_at": START + number}
        await shelf.add(f"c{number}", "nothing", title=f"Chat {number}", **times)


@pytest.mark.parametrize(
    "query",
    ["zebra title:chat", "zebra title:cha*", "zebra -title:other", 'zebra -title:"other one"', "zebra title:old title:chat"],
)
async def test_title_narrows_a_search_however_many_conversations_have_it(shelf: Shelf, monkeypatch, query: str) -> None:
    monkeypatch.setattr(store, "MOST_TITLED", 100)
    await add_titles(shelf, 150)
    assert await shelf.find_all(query, 50) == ["old/m1"]
    assert await shelf.find_all(f"{query} -title:old", 50) == []


async def test_all_titles_with_a_word_are_found_page_by_page(shelf: Shelf) -> None:
    await add_titles(shelf, 150)
    names = await shelf.find_all("title:chat", 40)
    assert (len(names), len(set(names))) == (151, 151)
    assert len(await shelf.find_all("-title:old nothing", 200)) == 150


async def test_result_that_is_deleted_between_pages_repeats_none(shelf: Shelf) -> None:
    for number in range(9):
        await shelf.add(f"c{number}", f"plum {'x ' * number}")
    page = await shelf.search.search("plum", None, 3)
    await shelf.context.archive.write(deletion.remove, page.results[-1].chat_id, START)
    following = await shelf.search.search("plum", page.next, 50)
    assert [result.chat_id for result in (*page.results, *following.results)] == [f"c{number}" for number in range(9)]
