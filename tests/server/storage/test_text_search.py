from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from server.storage import text_search
from server.storage.text_index import IndexEntry, TextIndex
from server.storage.text_query import Term, parse
from server.storage.text_search import Batch, IndexQuery, Place, find_batch, is_broad

INDEX = TextIndex("texts")
COUNT = 400


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """Texts that all have `all`; some have others."""
    with create_engine("sqlite://", poolclass=NullPool).begin() as connection:
        for statement in INDEX.ddl:
            connection.exec_driver_sql(statement)
        INDEX.insert(connection, [IndexEntry(key, write(key), "even" if key % 2 == 0 else "odd") for key in range(1, COUNT + 1)])
        yield connection


def write(key: int) -> str:
    words = ["all", f"id{key}", "left" if key % 2 else "right"]
    return " ".join(words + ["tenth"] * (key % 10 == 0) + ["tenth"] * 5 * (key == 50))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the limits with few texts."""
    for name, value in {"BATCH": 20, "COMMON": 100, "MOST_RANKED": 150, "MOST_LOOKUPS": 300, "WINDOW": 100}.items():
        monkeypatch.setattr(text_search, name, value)


def ask(query: str, **more: object) -> IndexQuery:
    return IndexQuery(parse(query).terms, every=("even", "odd"), **more)


def find_all(connection: Connection, query: IndexQuery) -> list[int]:
    keys: list[int] = []
    place = None
    while True:
        batch = find_batch(connection, INDEX, query, place)
        keys += batch.keys
        if (place := batch.following) is None:
            return keys


def test_few_matches_are_all_found(connection: Connection) -> None:
    assert find_batch(connection, INDEX, ask("id77")) == Batch([77])


def test_usual_word_is_ranked(connection: Connection) -> None:
    batch = find_batch(connection, INDEX, ask("tenth"))
    assert (batch.keys[0], len(batch.keys), batch.newest_only) == (50, 20, False)
    assert batch.following == Place(batch.keys[-1], ranked=True)


def test_usual_word_finds_the_newest_if_that_is_asked_for(connection: Connection) -> None:
    batch = find_batch(connection, INDEX, ask("tenth", newest_first=True))
    assert batch == Batch(list(range(400, 200, -10)), Place(210), newest_only=True)
    assert find_batch(connection, INDEX, ask("tenth", newest_first=True), batch.following) == Batch(
        list(range(200, 0, -10)), newest_only=True
    )


def test_common_word_finds_the_newest(connection: Connection) -> None:
    assert find_batch(connection, INDEX, ask("all")) == Batch(list(range(400, 380, -1)), Place(381), newest_only=True)


@pytest.mark.parametrize(
    "query",
    [
        "tenth",
        "all",
        "le*",
        "id1*",
        "le* all",
        "le* tenth",
        "all left",
        "-right",
        "all -right",
        "all tenth",
        "right tenth",
        '"right tenth"',
    ],
)
def test_batches_have_each_match_once(connection: Connection, query: str) -> None:
    words = parse(query).terms
    expected = [key for key in range(1, COUNT + 1) if all((term.text in write(key)) != term.excluded for term in words)]
    hits = find_all(connection, ask(query))
    assert sorted(hits) == expected


def test_one_beginning_needs_no_window(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(text_search, "find_in_window")
    assert find_batch(connection, INDEX, ask("le*")) == Batch(list(range(399, 360, -2)), Place(361), newest_only=True)
    assert find_batch(connection, INDEX, ask("left*", end=6)) == Batch([5, 3, 1])


def test_common_words_that_never_meet_are_known_to_be_nowhere(connection: Connection) -> None:
    batch = find_batch(connection, INDEX, ask("left right"))
    assert (list(batch.keys), batch.following, batch.newest_only) == ([], None, False)


def test_window_begins_at_the_newest_match(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "MOST_LOOKUPS", 0)
    assert find_batch(connection, INDEX, ask("all tenth", end=99)) == Batch([90, 80, 70, 60, 50, 40], Place(40), newest_only=True)


def test_tags_and_ranges_narrow(connection: Connection) -> None:
    assert find_all(connection, ask("tenth", first=100, end=141)) == [140, 130, 120, 110, 100]
    assert find_all(connection, ask("all", tags=(("even",),), first=1, end=8)) == [6, 4, 2]
    assert find_all(connection, ask("all", without_tags=("even",), first=1, end=8)) == [7, 5, 3, 1]
    assert find_all(connection, ask("", first=1, end=4)) == [3, 2, 1]
    assert find_all(connection, ask("all", only=(5, 7, 399))) == [399, 7, 5]


def test_ranking_keeps_to_the_tags(connection: Connection) -> None:
    keys = find_all(connection, ask("tenth", tags=(("even",),)))
    assert (keys[0], len(keys)) == (50, 40)
    assert find_all(connection, ask("tenth", tags=(("odd",),))) == []


def test_beginning_of_too_many_words_is_broad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_search, "MOST_PAGES", 10)
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.begin() as connection:
        for statement in INDEX.ddl:
            connection.exec_driver_sql(statement)
        words = " ".join(f"many{number}" for number in range(20_000))
        INDEX.insert(connection, [IndexEntry(1, f"{words} few1 few2 café")])
    with engine.begin() as connection:
        starts = ("m", "many1", "many777", "few", "zzz", "CAFÉ")
        assert [start for start in starts if is_broad(connection, INDEX, Term(start, prefix=True))] == ["m", "many1"]
    engine.dispose()
