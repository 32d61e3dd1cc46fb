"""Search in one of the databases, by its full-text indexes. Another database would search behind the same functions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.store.message_keys import first_key
from server.integrations.conversations.store.search_index import MESSAGES, TITLES, project_tag, role_tag, source_tag
from server.integrations.conversations.store.tables import conversation, message, project
from server.sdk.text_search import SearchBatch, SearchHit, SearchRequest, is_within, rate
from server.storage.prepared import Prepared
from server.storage.sqlite import select_values
from server.storage.text_match import LONGEST_SCORED, Matcher, Piece
from server.storage.text_query import Term
from server.storage.text_search import Batch, IndexQuery, Place, find_batch, is_broad, select_keys, write_match

MOST_BATCHES = 4  # that are looked through for one that has matches
MOST_TITLES = 100
TITLED_BONUS = 0.2  # for a title that fits
MOST_TITLED = 2_000  # messages of the conversations whose title a query names
LONGEST_READ = 500_000  # characters of a text in which terms are looked for; some have 32 million
EVERY = tuple(map(source_tag, Source))
KEYS = select_values("keys")
HIT_COLUMNS = (
    conversation.c.id,
    conversation.c.title,
    conversation.c.source,
    func.coalesce(project.c.name, conversation.c.project).label("project"),
)
IN_PROJECT = project.c.id == conversation.c.project
MESSAGE_HITS = Prepared(
    select(
        func.substr(message.c.text, 1, LONGEST_SCORED),
        message.c.created_at,
        message.c.key,
        message.c.id,
        message.c.role,
        *HIT_COLUMNS,
    )
    .join(conversation, conversation.c.key == message.c.conversation)
    .outerjoin(project, IN_PROJECT)
    .where(message.c.key.in_(KEYS))
)
TITLE_HITS = Prepared(
    select(conversation.c.updated_at, conversation.c.key, *HIT_COLUMNS)
    .outerjoin(project, IN_PROJECT)
    .where(conversation.c.key.in_(KEYS))
)
TEXT = Prepared(select(func.substr(message.c.text, 1, LONGEST_READ)).where(message.c.key == bindparam("which")))
TITLED = Prepared(select(message.c.key).where(message.c.conversation.in_(KEYS)).limit(MOST_TITLED + 1))
PROJECT_NAMES = select(project.c.id, project.c.name)


@dataclass(frozen=True)
class ChatSearch:
    """A search in conversations. Empty tuples do not narrow it. `projects`: names or ids."""

    request: SearchRequest
    roles: tuple[Role, ...] = ()
    sources: tuple[Source, ...] = ()
    projects: tuple[str, ...] = ()
    without_roles: tuple[Role, ...] = ()
    without_sources: tuple[Source, ...] = ()
    without_projects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checks:
    """Terms that are checked after the query of the index, in the text and the title of each message."""

    text: Matcher
    title: Matcher


def search(connection: Connection, wanted: ChatSearch, place: Place | None) -> SearchBatch:
    """Find the next matches: messages, and before the first of them titles."""
    tags = find_tags(connection, wanted)
    if tags is None:
        return SearchBatch()
    terms = wanted.request.terms
    wanted_terms = [term for term in terms if not term.excluded]
    if wanted_terms and all(term.title for term in wanted_terms):
        return SearchBatch() if wanted.roles else find_titles(connection, wanted, tags, place)
    titles = [] if place or wanted.roles else find_titles(connection, wanted, tags).hits[:MOST_TITLES]
    batch = find_messages(connection, wanted, tags, place)
    fitting = {hit.chat_id for hit in titles}
    messages = [hit._replace(score=hit.score + TITLED_BONUS) if hit.chat_id in fitting else hit for hit in batch.hits]
    return replace(batch, hits=[*titles, *messages])


def find_tags(connection: Connection, wanted: ChatSearch) -> IndexQuery | None:
    """Make the part of the query that its operators are. None: nothing can match, such as an unknown project."""
    tags = [tuple(map(source_tag, wanted.sources))] if wanted.sources else []
    without = [*map(role_tag, wanted.without_roles), *map(source_tag, wanted.without_sources)]
    if wanted.projects or wanted.without_projects:
        names = {row.id: row.name for row in connection.execute(PROJECT_NAMES)}
        for name in wanted.projects:
            ids = [project_id for project_id in names if is_named(project_id, names[project_id], name)]
            if not ids:
                return None
            tags.append(tuple(map(project_tag, ids)))
        for name in wanted.without_projects:
            without += [project_tag(key) for key in names if is_named(key, names[key], name)]
    return IndexQuery((), tuple(tags), tuple(without), EVERY)


def is_named(project_id: str, project_name: str, name: str) -> bool:
    """Return whether a project is meant: by its id, or by a part of its name."""
    return project_id == name or name.casefold() in project_name.casefold()


def find_titles(connection: Connection, wanted: ChatSearch, tags: IndexQuery, place: Place | None = None) -> SearchBatch:
    """Find conversations by their titles, the next ones after a place."""
    request = wanted.request
    if not any(not term.excluded for term in request.terms):
        return SearchBatch()
    terms = narrow(connection, TITLES, request.terms)
    batch = find_batch(connection, TITLES, replace(tags, terms=terms), place)
    matcher = Matcher(request.terms)
    hits = []
    rows = TITLE_HITS.read(connection, keys=json.dumps(list(batch.keys))) if batch.keys else ()
    for time, key, chat_id, title, source, project_name in rows:
        if is_within(time, request) and (terms == request.terms or matcher.fits(title)):
            score = rate(matcher.score(title), time, request.now) + TITLED_BONUS
            hits.append(SearchHit(score, key, chat_id, title, source, time=time, project=project_name))
    return SearchBatch(sorted(hits, key=lambda hit: -hit.score), batch.following, batch.newest_only)


def find_titled(connection: Connection, terms: tuple[Term, ...], tags: IndexQuery) -> tuple[int, ...] | None:
    """Find the messages of conversations with terms in their titles; None without such terms, or if those are too many."""
    if not terms or narrow(connection, TITLES, terms) != terms:
        return None
    query = replace(tags, terms=terms)
    keys = select_keys(connection, TITLES, write_match(query), query, f"rowid DESC LIMIT {MOST_TITLED + 1}")
    messages = tuple(key for (key,) in TITLED.read(connection, keys=json.dumps(keys)))
    return None if max(len(keys), len(messages)) > MOST_TITLED else messages


def find_messages(connection: Connection, wanted: ChatSearch, tags: IndexQuery, place: Place | None) -> SearchBatch:
    """Find messages.

    Beginnings of too many words, and words of too many titles, are looked for in the newest texts that have the other words.
    """
    request = wanted.request
    terms = tuple(term for term in request.terms if not term.title)
    titled = find_titled(connection, tuple(term for term in request.terms if term.title and not term.excluded), tags)
    title_terms = [term for term in request.terms if term.title and (term.excluded or titled is None)]
    indexed = narrow(connection, MESSAGES, terms)
    roles = (tuple(map(role_tag, wanted.roles)),) if wanted.roles else ()
    first = first_key(request.after) if request.after is not None else tags.first
    end = first_key(request.before) if request.before is not None else tags.end
    left_out = [term for term in terms if term not in indexed]
    # to rank each batch would take as long as to rank the first
    newest_first = not all(term.excluded for term in (*left_out, *title_terms))
    tagged = (*tags.tags, *roles)
    query = replace(tags, terms=indexed, tags=tagged, first=first, end=end, only=titled, newest_first=newest_first)
    matcher, checks = Matcher(terms), Checks(Matcher(left_out), Matcher(title_terms)) if left_out or title_terms else None
    batch, hits = Batch((), place), list[SearchHit]()
    for _ in range(MOST_BATCHES):
        batch = find_batch(connection, MESSAGES, query, batch.following)
        hits += read_hits(connection, batch.keys, matcher, checks, request)
        if batch.following is None or (hits and len(hits) >= len(batch.keys) // 10):
            break
    return SearchBatch(hits, batch.following, batch.newest_only or checks is not None)


def narrow(connection: Connection, index: Any, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Leave out the beginnings of too many words."""
    return tuple(term for term in terms if not (term.prefix and is_broad(connection, index, term)))


def read_hits(
    connection: Connection, keys: Sequence[int], matcher: Matcher, checks: Checks | None, request: SearchRequest
) -> list[SearchHit]:
    """Read and rate the messages of a batch. `checks`: they have to fit these."""
    hits: list[SearchHit] = []
    if not keys:
        return hits
    rows = MESSAGE_HITS.read(connection, keys=json.dumps(list(keys)))
    for text, time, key, message_id, role, chat_id, title, source, project_name in rows:
        whole = text if len(text) < LONGEST_SCORED else None
        if checks is None or (checks.title.fits(title) and checks.text.fits(whole or read_text(connection, key))):
            score = rate(matcher.score(text), time, request.now)
            hits.append(SearchHit(score, key, chat_id, title, source, message_id, role, time, project_name, whole))
    return hits


def cut_snippets(connection: Connection, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
    """Cut the part of each message that matches. One long text at a time is in memory."""
    matcher = Matcher(term for term in request.terms if not term.title)
    return {hit.key: matcher.cut(read_text(connection, hit.key) if hit.text is None else hit.text) for hit in hits}


def read_text(connection: Connection, key: int) -> str:
    """Read the text of a message, or as much of a very long one as is searched; empty if it was deleted meanwhile."""
    return "".join(text for (text,) in TEXT.read(connection, which=key))
