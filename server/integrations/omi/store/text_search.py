"""Search in the conversations that clients can read, by their full-text index."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from server.core.items import convert_item
from server.integrations.omi.payload import read_conversation
from server.integrations.omi.store.sources import ACCEPTED
from server.integrations.omi.store.tables import conversation, text
from server.integrations.omi.store.texts import INDEX, IS_INDEXED, TAG
from server.sdk.text_search import SearchBatch, SearchHit, SearchRequest, is_within, rate
from server.storage.sqlite import select_values
from server.storage.text_match import LONGEST_SCORED, Matcher, Piece
from server.storage.text_search import IndexQuery, Place, find_batch, is_broad

SOURCE = "omi"


def select_hits(*columns: Any) -> Select[Any]:
    """Make the statement of conversations that clients can read, by the keys of their texts."""
    keys = select_values("keys")
    return (
        select(text.c.key, conversation.c.id, conversation.c.title, conversation.c.created_at, *columns)
        .join(conversation, IS_INDEXED)
        .where(text.c.key.in_(keys), conversation.c.uid.in_(ACCEPTED))
        .where(conversation.c.deleted_at.is_(None), conversation.c.discarded.is_(False))
    )


HITS = select_hits(func.substr(conversation.c.words, 1, LONGEST_SCORED).label("words"))
WHOLE_HITS = select_hits(conversation.c.words)
BODIES = select_hits(conversation.c.body)


def search(connection: Connection, request: SearchRequest, place: Place | None) -> SearchBatch:
    """Find the next matches. `title:` is a word of the text that the title has too."""
    wanted = tuple(term for term in request.terms if not (term.title and term.excluded))
    terms = tuple(term for term in wanted if not (term.prefix and is_broad(connection, INDEX, term)))
    batch = find_batch(connection, INDEX, IndexQuery(terms, every=(TAG,)), place)
    matcher, titled = Matcher(wanted), Matcher(term for term in request.terms if term.title)
    hits = []
    for row in connection.execute(HITS if terms == wanted else WHOLE_HITS, {"keys": json.dumps(list(batch.keys))}):
        time = to_seconds(row.created_at)
        if is_within(time, request) and titled.fits(row.title) and (terms == wanted or matcher.fits(row.words)):
            score = rate(matcher.score(row.words), time, request.now)
            hits.append(SearchHit(score, row.key, row.id, row.title, SOURCE, row.id, time=time))
    return SearchBatch(hits, batch.following, batch.newest_only)


def cut_snippets(connection: Connection, request: SearchRequest, hits: Sequence[SearchHit]) -> dict[int, Sequence[Piece]]:
    """Cut the part of each text that matches."""
    matcher = Matcher(request.terms)
    rows = connection.execute(BODIES, {"keys": json.dumps([hit.key for hit in hits])})
    return {row.key: matcher.cut(convert_item(row.body, write_text, lambda _: "")) for row in rows}


def write_text(body: str) -> str:
    """Write the text of a conversation as it is indexed."""
    content = read_conversation(json.loads(body))
    return f"{content.title}\n{content.overview}\n{content.transcript}"


def to_seconds(moment: str) -> float | None:
    """Convert a moment (ISO 8601) into seconds since 1970."""
    return convert_item(moment, lambda moment: datetime.fromisoformat(moment).timestamp(), lambda _: None)
