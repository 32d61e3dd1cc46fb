"""Programs that are known by a document on the web: their client_id is its address.

draft-ietf-oauth-client-id-metadata-document. ChatGPT's lists `none` beside the `private_key_jwt` that it prefers, and takes
the first where no server offers the second.
"""

import json
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from server.access.oauth.models import Kind, Registration
from server.access.oauth.rate_limit import Rate
from server.access.oauth.redirect_uris import LONGEST, MOST, find_known_host, is_https, may_register
from server.core.clock import Clock
from server.core.errors import DeskhandError, InvalidInput, TooManyRequests, UpstreamFailed
from server.outbound.fetch import Fetch

LARGEST = 16_384  # bytes of a document
FETCH_SECONDS = 8.0
KEPT = timedelta(hours=1)
MOST_KEPT = 100
MOST_FETCHES = 20  # a minute, for any stranger can name an address; ChatGPT's and Claude's hosts are counted apart from others


class Document(BaseModel):
    """What is read of a document; the rest is passed over."""

    client_id: str
    client_name: str = Field("", max_length=200)
    redirect_uris: list[str] = Field(min_length=1, max_length=50)
    token_endpoint_auth_method: str = "none"  # noqa: S105, a method
    token_endpoint_auth_methods_supported: list[str] = Field(default_factory=list)


class Documents:
    """Fetches the documents of programs, and keeps the last ones for an hour."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept: OrderedDict[str, tuple[datetime, Registration]] = OrderedDict()
        self._rates: dict[str, Rate] = {}

    async def find(self, address: str, *, known: bool = False) -> Registration:
        """Find the program behind an address. Raises DeskhandError, with a sentence, where there is none to be had.

        `known`: the person has let it in before, so that it is fetched however many strangers come.
        """
        at, found = self._kept.get(address, (None, None))
        if at and found and self._clock.now() - at < KEPT:
            return found
        pot = address if known else find_known_host(address) or ""
        if not self._rates.setdefault(pot, Rate(MOST_FETCHES, 60, self._clock)).take():
            raise TooManyRequests("Too many programs that are new here want to sign in at once. Try again in a minute.")
        fetched = await self._fetch.get(address, largest=LARGEST, seconds=FETCH_SECONDS)
        made = read_document(address, fetched.content)
        self._kept.pop(address, None)
        while len(self._kept) >= MOST_KEPT:
            self._kept.popitem(last=False)
        self._kept[address] = (self._clock.now(), made)
        return made


def is_document(client_id: str) -> bool:
    """Whether a client_id is the address of a document: https, with a path that stays as it is written."""
    if not client_id.startswith("https://"):
        return False
    parts = urlsplit(client_id) if is_https(client_id) else None
    steps = parts.path.split("/") if parts else []
    return parts is not None and parts.path not in {"", "/"} and not {".", ".."} & set(steps)


def read_document(address: str, content: bytes) -> Registration:
    """Read what a document tells of its program. Raises DeskhandError."""
    found = parse(content)
    if found.client_id != address:
        raise InvalidInput("The program's document tells of another program.")
    if "none" not in {found.token_endpoint_auth_method, *found.token_endpoint_auth_methods_supported}:
        raise InvalidInput("This program wants to sign in with a key of its own, which Deskhand does not take.")
    host = urlsplit(address).netloc
    uris = [uri for uri in found.redirect_uris if is_usable(uri, host)][:MOST]
    if not uris:
        raise InvalidInput("The program's document names no callback address that Deskhand answers.")
    return Registration(address, Kind.document, found.client_name, tuple(uris))


def parse(content: bytes) -> Document:
    try:
        told: Any = json.loads(content)
        kept = {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told
        return Document.model_validate(kept)
    except (ValueError, ValidationError, RecursionError):
        raise UpstreamFailed("The program's document cannot be read.") from None


def is_usable(uri: str, host: str) -> bool:
    """Whether a program may be answered there: a known site, loopback, or where its document lies."""
    return len(uri) <= LONGEST and (may_register(uri) or (is_https(uri) and urlsplit(uri).netloc == host))


def describe(error: DeskhandError) -> str:
    """What went wrong with a document, for the program and whoever reads its log."""
    return f"The document of this client could not be used. {error.detail}"
