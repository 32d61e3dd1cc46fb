"""Searching texts across integrations: each one searches its own and offers that under a Protocol of this module."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from server.sdk.search import Result
from server.storage.text_match import Piece
from server.storage.text_query import Term
from server.storage.text_search import Place


@dataclass(frozen=True)
class SearchRequest:
    """A query. `after`, `before`: seconds since 1970, the end excluded. `now`: for newer results to be better ones."""

    terms: tuple[Term, ...]
    after: float | None = None
    before: float | None = None
    now: float = 0


class SearchHit(NamedTuple):
    """A match. `message_id`: None if the title matches. `time`: seconds since 1970. `text`: for the snippet, if it is read."""

    score: float
    key: int
    chat_id: str
    title: str
    source: str
    message_id: str | None = None
    role: str = ""
    time: float | None = None
    project: str = ""
    text: str | None = None


@dataclass(frozen=True)
class SearchBatch:
    """Matches, unordered. `following`: where more are; None if there are none. `newest_only`: better ones may be there."""

    hits: Sequence[SearchHit] = ()
    following: Place | None = None
    newest_only: bool = False


class TranscriptSearch(Protocol):
    """Searches transcripts of what was heard."""

    async def search(self, request: SearchRequest, place: Place | None) -> SearchBatch:
        """Find the next matches after a place."""

    async def cut_snippets(self, request: SearchRequest, hits: Sequence[SearchHit]) -> Mapping[int, Sequence[Piece]]:
        """Cut the part of each text that matches, by the keys of the hits."""


class MailSearch(Protocol):
    """Searches mail where it is."""

    async def search_mail(self, query: str, limit: int) -> list[Result]:
        """Find mail, the newest first. Raises DeskhandError with a sentence if that is not possible."""


def rate(score: float, time: float | None, now: float) -> float:
    """Rate a match by how well it fits, and a little by how new it is."""
    years = max(0.0, now - time) / 31_557_600 if time is not None else 20.0
    return score + 0.1 / (1 + years)


def is_within(time: float | None, request: SearchRequest) -> bool:
    """Return whether a time is in the range of a request."""
    after, before = request.after, request.before
    return (after is None or (time or 0) >= after) and (before is None or (time or 0) < before)
