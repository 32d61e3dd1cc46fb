"""Searches in a full-text index, each in bounded time however common its words are.

The newest matches come at once, whatever they are. To rank them all takes time for each, so that is done for few only.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from server.storage.prepared import read_rows
from server.storage.text_index import TextIndex
from server.storage.text_query import Term, express, last_word, list_words

BATCH = 120  # matches that are read and rated at once
MOST_RANKED = 5_000  # occurrences of the words of a query; FTS5 looks at each of them
COMMON = 4_000  # texts with a word, from which on it narrows little
MOST_LOOKUPS = 2_000  # of words in texts that have the rarest one
WINDOW = 120_000  # texts that are looked through for a common word
MOST_PAGES = 40  # of the index; the beginnings of words on more of them are looked for in the texts instead
LARGEST_KEY = 2**63 - 1
PREFIX_PAGES = """
    WITH RECURSIVE segment(id) AS (
        SELECT min(segid) FROM {name}_idx
        UNION ALL SELECT (SELECT min(segid) FROM {name}_idx WHERE segid > id) FROM segment WHERE id IS NOT NULL
    )
    SELECT coalesce(sum(
        coalesce((SELECT pgno >> 1 FROM {name}_idx WHERE segid = id AND term >= ? ORDER BY term LIMIT 1),
                 (SELECT max(pgno) >> 1 FROM {name}_idx WHERE segid = id))
        - coalesce((SELECT pgno >> 1 FROM {name}_idx WHERE segid = id AND term <= ? ORDER BY term DESC LIMIT 1), 1)
        - 1
    ), 0) FROM segment WHERE id IS NOT NULL
"""  # https://sqlite.org/fts5.html#fts5_data_structures


@dataclass(frozen=True)
class Place:
    """The end of a batch: its last key, in the order of time or of rank."""

    key: int
    ranked: bool = False


@dataclass(frozen=True)
class Batch:
    """Keys of matches. `following`: the place at which more may be; None if these are all. `newest_only`: they are not ranked."""

    keys: Sequence[int] = ()
    following: Place | None = None
    newest_only: bool = False


@dataclass(frozen=True)
class IndexQuery:
    """A query to one index. `terms`: of its texts. `tags`: of each tuple a row has one. `every`: tags of which each row has one.

    `first`, `end`: the range of keys, `end` excluded. `only`: these keys, if not None. `newest_first`: they need no ranking.
    """

    terms: tuple[Term, ...]
    tags: tuple[tuple[str, ...], ...] = ()
    without_tags: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    first: int = 0
    end: int = LARGEST_KEY
    only: tuple[int, ...] | None = None
    newest_first: bool = False


def find_batch(connection: Connection, index: TextIndex, query: IndexQuery, place: Place | None = None) -> Batch:
    """Find the next matches: all if they are few, the best if they can be ranked, else the newest."""
    if place and place.ranked:
        return find_ranked(connection, index, query, place)
    newest = replace(query, end=min(query.end, place.key)) if place else query
    words, sets = find_words(query), list(map(write_tags, query.tags))
    # a word or a beginning
    is_single = len(words or query.terms) + len(sets) == 1 and query.only is None and not excludes(query)
    counts = [] if is_single else count_each(connection, index, [*words, *sets])
    if is_single or is_narrow(counts):
        keys = select_keys(connection, index, write_match(query), newest, f"rowid DESC LIMIT {BATCH + 1}")
        if place is None and len(keys) > BATCH and is_rankable(query, counts or count_each(connection, index, words)):
            return find_ranked(connection, index, query, None)
        following = Place(keys[BATCH - 1]) if len(keys) > BATCH else None
    else:
        keys, following = find_in_window(connection, index, newest, WINDOW // max(2, len(counts)))
    return Batch(keys[:BATCH], following, newest_only=bool(place or following))


def find_in_window(connection: Connection, index: TextIndex, query: IndexQuery, size: int) -> tuple[list[int], Place | None]:
    """Find matches among the texts from the newest match on, and return the place of the others.

    Common words may stand together nowhere, and to find that out takes as long as to read all that FTS5 has of them: it looks
    for the next match also beyond the end of a window. So the window begins where the first match is, and none is the end.
    """
    match = write_match(query)
    newest = select_keys(connection, index, match, query, "rowid DESC LIMIT 1")
    if not newest:
        return [], None
    query = replace(query, end=newest[0] + 1)
    first = find_window(connection, index, query, size)
    keys = select_keys(connection, index, match, replace(query, first=first), f"rowid DESC LIMIT {BATCH + 1}")
    if len(keys) > BATCH:
        return keys, Place(keys[BATCH - 1])
    return keys, None if first <= query.first else Place(first)


def find_window(connection: Connection, index: TextIndex, query: IndexQuery, size: int) -> int:
    """Find the key with which a window of the newest texts begins."""
    statement = f"SELECT id FROM {index.name}_docsize WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1 OFFSET {size}"  # noqa: S608
    rows = read_rows(connection, statement, (query.end, query.first))
    return int(rows[0][0]) if rows else query.first


def find_words(query: IndexQuery) -> list[str]:
    """Find the words that a match has."""
    return sorted({word for term in query.terms if not term.excluded for word in list_words(term)})


def count_each(connection: Connection, index: TextIndex, matches: Iterable[str]) -> list[int]:
    """Count the texts that match each of some queries, up to a limit."""
    statement = f"SELECT count(*) FROM (SELECT rowid FROM {index.name} WHERE {index.name} MATCH ? LIMIT {COMMON})"  # noqa: S608
    return [int(read_rows(connection, statement, (match,))[0][0]) for match in matches]


def is_narrow(counts: Sequence[int]) -> bool:
    """Return whether the rarest word is so rare that each text with it can be looked at for the others."""
    return min(counts, default=COMMON) < COMMON and min(counts) * len(counts) <= MOST_LOOKUPS


def excludes(query: IndexQuery) -> bool:
    """Return whether a query excludes something."""
    return bool(query.without_tags) or any(term.excluded for term in query.terms)


def is_rankable(query: IndexQuery, counts: Sequence[int]) -> bool:
    """Return whether the words of a query are rare enough for its matches to be ranked."""
    of_words = counts[: len(find_words(query))]
    is_prefix = any(term.prefix for term in query.terms if not term.excluded)
    return bool(of_words) and not is_prefix and not query.newest_first and max(of_words) < COMMON and sum(of_words) <= MOST_RANKED


def find_ranked(connection: Connection, index: TextIndex, query: IndexQuery, place: Place | None) -> Batch:
    """Find the best matches, those after a place in their order. Only the words count, not the tags."""
    words = write_words(query.terms)
    if query.tags or query.without_tags:
        matching = select_keys(connection, index, write_match(query), query, f"rowid DESC LIMIT {MOST_RANKED}")
        query = replace(query, only=tuple(matching))
    keys = select_keys(connection, index, words, query, f"rank, rowid DESC LIMIT {MOST_RANKED}")
    start = keys.index(place.key) + 1 if place and place.key in keys else 0
    following = Place(keys[start + BATCH - 1], ranked=True) if len(keys) > start + BATCH else None
    return Batch(keys[start : start + BATCH], following)


def select_keys(connection: Connection, index: TextIndex, match: str, query: IndexQuery, order: str) -> list[int]:
    """Select the keys of matches in the range of a query."""
    only = " AND +rowid IN (SELECT value FROM json_each(?))" if query.only is not None else ""
    statement = f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH ? AND rowid >= ? AND rowid < ?{only} ORDER BY {order}"  # noqa: S608
    values = (match, query.first, query.end, *((json.dumps(query.only),) if only else ()))
    return [key for (key,) in read_rows(connection, statement, values)]


def is_broad(connection: Connection, index: TextIndex, term: Term) -> bool:
    """Return whether too many words begin like a term for FTS5, which reads all of them first."""
    start = b"0" + last_word(term).encode()
    ((pages,),) = read_rows(connection, PREFIX_PAGES.format(name=index.name), (start + b"\xff", start))
    return bool(pages > MOST_PAGES)


def write_words(terms: Sequence[Term]) -> str:
    """Write the terms of a query in the language of FTS5."""
    wanted = " AND ".join(f"({express(term)})" for term in terms if not term.excluded)
    excluded = " OR ".join(f"({express(term)})" for term in terms if term.excluded)
    return f"({wanted}) NOT ({excluded})" if wanted and excluded else wanted


def write_match(query: IndexQuery) -> str:
    """Write a query in the language of FTS5. One without words is answered by the tags that every row has."""
    wanted = [f"({express(term)})" for term in query.terms if not term.excluded]
    wanted += [write_tags(tags) for tags in query.tags]
    excluded = [f"({express(term)})" for term in query.terms if term.excluded]
    excluded += [write_tags(query.without_tags)] if query.without_tags else []
    match = " AND ".join(wanted or [write_tags(query.every)])
    return f"({match}) NOT ({' OR '.join(excluded)})" if excluded else match


def write_tags(tags: Sequence[str]) -> str:
    """Write that a row has one of some tags."""
    return f"({{tags}}:({' OR '.join(map(quote, tags))}))"


def quote(tag: str) -> str:
    """Quote a tag."""
    return f'"{tag}"'
