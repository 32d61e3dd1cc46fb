"""Search in all conversations, live and imported, and in what OMI heard. Each page is a part of a batch of each source."""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from server.core.errors import Unavailable
from server.core.invisible import remove_hidden
from server.integrations.conversations.library.delivered import list_shown
from server.integrations.conversations.library.library import decode_cursor, encode_cursor, to_iso
from server.integrations.conversations.library.reading_models import FoundMessage, SearchData
from server.integrations.conversations.models import Source
from server.integrations.conversations.search.models import (
    SearchPlace,
    SearchResult,
    SearchResults,
    SnippetPiece,
    SourcePlace,
)
from server.integrations.conversations.search.query import ParsedSearch, parse_search
from server.integrations.conversations.store import search as store
from server.sdk.context import Context
from server.sdk.text_search import SearchBatch, SearchHit, SearchRequest, TranscriptSearch
from server.storage.database import Database
from server.storage.text_match import Matcher, Piece
from server.storage.text_search import Place

MOST_BATCHES = 3  # that are looked at for a page
LONGEST_TITLE, LONGEST_SNIPPET = 200, 400
NEWEST_ONLY = "So many messages have these words that the newest come first. Add a word to find older ones."
LIVE, ARCHIVE, TRANSCRIPTS = "live", "archive", "transcripts"


class SearchedSource(Protocol):
    """A source of results."""

    async def search(self, parsed: ParsedSearch, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""

    async def cut_snippets(self, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
        """Cut the part of each text that matches."""


@dataclass(frozen=True)
class ChatSource:
    """Conversations of one database."""

    database: Database

    async def search(self, parsed: ParsedSearch, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""
        return await self.database.read(store.search, parsed.chats, place) if parsed.in_chats else SearchBatch()

    async def cut_snippets(self, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
        """Cut the part of each text that matches."""
        return await self.database.read(store.cut_snippets, request, hits)


@dataclass(frozen=True)
class LiveSource(ChatSource):
    """Live conversations, without what an imported conversation shows of delivered ones."""

    archive: Database

    async def search(self, parsed: ParsedSearch, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""
        batch = await super().search(parsed, place)
        delivered = sorted({hit.chat_id for hit in batch.hits if hit.source == Source.webhook})
        if not delivered:
            return batch
        try:
            shown = await list_shown(self.database, self.archive, delivered)
        except Unavailable:
            return batch
        hits = [hit for hit in batch.hits if hit.chat_id not in shown or hit.message_id in shown[hit.chat_id]]
        return replace(batch, hits=hits)


@dataclass(frozen=True)
class TranscriptSource:
    """Transcripts of another integration; none if there is no such one."""

    context: Context

    async def search(self, parsed: ParsedSearch, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""
        offered = self.context.offers.find(TranscriptSearch) if parsed.in_transcripts else None
        return await offered.search(parsed.request, place) if offered else SearchBatch()

    async def cut_snippets(self, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
        """Cut the part of each text that matches."""
        offered = self.context.offers.find(TranscriptSearch)
        return await offered.cut_snippets(request, hits) if offered else {}


@dataclass(frozen=True)
class Ranked:
    """A hit and its source."""

    source: str
    hit: SearchHit

    @property
    def id(self) -> str:
        """The name of the hit among those of all sources."""
        return f"{self.source} {self.hit.key}{'' if self.hit.message_id else ' title'}"

    @property
    def order(self) -> tuple[float, float, str]:
        """The order: the best first, then the newest."""
        return (-self.hit.score, -(self.hit.time or 0), self.id)


class Search:
    """Searches all sources at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sources: dict[str, SearchedSource] = {
            LIVE: LiveSource(context.database, context.archive),
            ARCHIVE: ChatSource(context.archive),
            TRANSCRIPTS: TranscriptSource(context),
        }

    async def search(self, text: str, cursor: str | None, limit: int, *, chats_only: bool = False) -> SearchResults:
        """Find a page of results. Raises InvalidInput for a cursor that is none; no text is an error."""
        place = decode_cursor(SearchPlace, cursor) if cursor else SearchPlace(now=self._context.clock.now().timestamp())
        parsed = parse_search(text, place.now)
        if chats_only:
            place = place.model_copy(update={"sources": {**place.sources, TRANSCRIPTS: SourcePlace(done=True)}})
        results: list[Ranked] = []
        notes: dict[str, None] = {}
        following: SearchPlace | None = None if parsed.is_empty else place
        for _ in range(MOST_BATCHES):
            if following is None or len(results) >= limit:
                break
            batches = await self._search_all(parsed, following, notes)
            page, following = take(batches, following, limit - len(results))
            results += page
        shown = await self._show(parsed.request, results)
        return SearchResults(results=shown, next=encode_cursor(following) if following else None, note=" ".join(notes) or None)

    async def search_for_client(self, text: str, cursor: str | None, limit: int) -> SearchData:
        """Find a page of results in conversations alone, without hidden characters."""
        page = await self.search(text, cursor, limit, chats_only=True)
        return SearchData(results=[clean(result) for result in page.results], next=page.next, note=page.note)

    async def _search_all(self, parsed: ParsedSearch, place: SearchPlace, notes: dict[str, None]) -> dict[str, SearchBatch]:
        """Search each source that is not done. One that cannot be used is a note."""

        async def search_one(name: str, source: SearchedSource) -> SearchBatch:
            start = place.sources.get(name, SourcePlace())
            if start.done:
                return SearchBatch()
            try:
                batch = await source.search(parsed, Place(start.key, start.ranked) if start.key else None)
            except Unavailable as error:
                notes[str(error)] = None
                return SearchBatch()
            if batch.newest_only and batch.following:
                notes[NEWEST_ONLY] = None
            return batch

        batches = await asyncio.gather(*(search_one(name, source) for name, source in self._sources.items()))
        return dict(zip(self._sources, batches, strict=True))

    async def _show(self, request: SearchRequest, results: Sequence[Ranked]) -> list[SearchResult]:
        """Make results with snippets."""
        snippets: dict[str, Mapping[int, Sequence[Piece]]] = {}
        for name, source in self._sources.items():
            hits = [result.hit for result in results if result.source == name and result.hit.message_id is not None]
            snippets[name] = await source.cut_snippets(request, hits) if hits else {}
        return [show(result.hit, request, snippets[result.source]) for result in results]


def take(batches: Mapping[str, SearchBatch], place: SearchPlace, limit: int) -> tuple[list[Ranked], SearchPlace | None]:
    """Take the next results of these batches. Returns them, and where the page after them begins; None at the end."""
    ranked = sorted((Ranked(name, hit) for name, batch in batches.items() for hit in batch.hits), key=lambda item: item.order)
    start = bisect_right(ranked, place.last, key=lambda item: item.order) if place.last else 0
    page = ranked[start : start + limit]
    if start + limit < len(ranked):
        return page, place.model_copy(update={"last": page[-1].order})
    ends = {name: end_of(batch) for name, batch in batches.items()}
    return page, None if all(end.done for end in ends.values()) else SearchPlace(sources=ends, now=place.now)


def end_of(batch: SearchBatch) -> SourcePlace:
    """Return where the next batch of a source begins."""
    return SourcePlace(key=batch.following.key, ranked=batch.following.ranked) if batch.following else SourcePlace(done=True)


def show(hit: SearchHit, request: SearchRequest, snippets: Mapping[int, Sequence[Piece]]) -> SearchResult:
    """Make a result."""
    pieces = snippets.get(hit.key, ()) if hit.message_id else Matcher(request.terms).cut(hit.title)
    return SearchResult(
        chat_id=hit.chat_id,
        message_id=hit.message_id,
        title=hit.title,
        role=hit.role,
        date=to_iso(hit.time),
        project=hit.project,
        source=hit.source,
        snippet=[SnippetPiece(text=piece.text, match=piece.match) for piece in pieces],
    )


def clean(result: SearchResult) -> FoundMessage:
    """Make the result that a model reads."""
    return FoundMessage(
        conversation_id=result.chat_id,
        message_id=result.message_id,
        title=remove_hidden(result.title)[:LONGEST_TITLE],
        role=result.role or None,
        date=result.date,
        project=remove_hidden(result.project)[:LONGEST_TITLE] or None,
        source=result.source,
        snippet=remove_hidden("".join(piece.text for piece in result.snippet))[:LONGEST_SNIPPET],
    )
