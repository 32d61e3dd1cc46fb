"""Search in conversations for the person: a server.sdk.text_search.TranscriptSearch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.integrations.omi.store import text_search, texts
from server.sdk.text_search import SearchBatch, SearchHit, SearchRequest
from server.storage.database import Database
from server.storage.text_match import Piece
from server.storage.text_search import Place


@dataclass(frozen=True)
class OmiSearch:
    """Searches titles, overviews and transcripts."""

    database: Database

    async def search(self, request: SearchRequest, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""
        return await self.database.read(text_search.search, request, place)

    async def cut_snippets(self, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
        """Cut the part of each text that matches."""
        return await self.database.read(text_search.cut_snippets, request, hits)

    async def index_missing(self) -> None:
        """Index what an earlier version has stored, or a backup had."""
        while await self.database.write(texts.index_missing):
            pass
