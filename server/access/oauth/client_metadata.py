"""OAuth clients whose client_id is the address of their metadata (draft-ietf-oauth-client-id-metadata-document).

ChatGPT's lists `none` beside the `private_key_jwt` that it prefers, and uses the first if a server does not offer the second.
"""

import json
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from server.access.oauth.models import Kind, Registration
from server.access.oauth.rate_limit import RateLimit
from server.access.oauth.redirect_uris import LONGEST, MOST, find_known_host, is_https, may_register
from server.core.clock import Clock, has_passed
from server.core.errors import InvalidInput, TooManyRequests, UpstreamFailed
from server.outbound.fetch import Fetch

LARGEST = 16_384  # bytes of a document
FETCH_SECONDS = 8.0
MAX_AGE = timedelta(hours=1)
MOST_CACHED = 100
MOST_FETCHES = 20  # a minute, as anybody can send an address; ChatGPT's and Claude's hosts are counted apart from others


class ClientMetadata(BaseModel):
    """Fields that are read; others are ignored."""

    client_id: str
    client_name: str = Field("", max_length=200)
    redirect_uris: list[str] = Field(min_length=1, max_length=50)
    token_endpoint_auth_method: str = "none"  # noqa: S105, a method
    token_endpoint_auth_methods_supported: list[str] = Field(default_factory=list)


class ClientMetadataCache:
    """Fetches client metadata, and caches the latest for an hour."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._cache: OrderedDict[str, tuple[datetime, Registration]] = OrderedDict()
        self._rates: dict[str, RateLimit] = {}

    async def find(self, address: str, *, known: bool = False) -> Registration:
        """Find the client of an address. Raises DeskhandError if there is no valid metadata.

        `known`: the person has let it in before, so that it is counted apart from unknown clients.
        """
        at, cached = self._cache.get(address, (None, None))
        if at and cached and not has_passed(MAX_AGE, at, self._clock.now()):
            return cached
        bucket = address if known else find_known_host(address) or ""
        if not self._rates.setdefault(bucket, RateLimit(MOST_FETCHES, 60, self._clock)).take():
            raise TooManyRequests("Too many programs that are new here want to sign in at once. Try again in a minute.")
        fetched = await self._fetch.get(address, largest=LARGEST, seconds=FETCH_SECONDS)
        registration = read_document(address, fetched.content)
        self._cache.pop(address, None)
        while len(self._cache) >= MOST_CACHED:
            self._cache.popitem(last=False)
        self._cache[address] = (self._clock.now(), registration)
        return registration


def is_document(client_id: str) -> bool:
    """Return whether a client_id is the address of a document: https, with a path without dot segments."""
    if not client_id.startswith("https://"):
        return False
    parts = urlsplit(client_id) if is_https(client_id) else None
    segments = parts.path.split("/") if parts else []
    return parts is not None and parts.path not in {"", "/"} and not {".", ".."} & set(segments)


def read_document(address: str, content: bytes) -> Registration:
    """Read a document. Raises DeskhandError if it is not valid for this address."""
    metadata = parse(content)
    if metadata.client_id != address:
        raise InvalidInput("The program's document tells of another program.")
    if "none" not in {metadata.token_endpoint_auth_method, *metadata.token_endpoint_auth_methods_supported}:
        raise InvalidInput("This program wants to sign in with a key of its own, which Deskhand does not take.")
    host = urlsplit(address).netloc
    fitting = [uri for uri in metadata.redirect_uris if len(uri) <= LONGEST]
    uris = [uri for uri in fitting if may_register(uri) or (is_https(uri) and urlsplit(uri).netloc == host)][:MOST]
    if not uris:
        raise InvalidInput("The program's document names no callback address that Deskhand answers.")
    return Registration(address, Kind.document, metadata.client_name, tuple(uris))


def parse(content: bytes) -> ClientMetadata:
    try:
        document: Any = json.loads(content)
        if isinstance(document, dict):
            document = {name: value for name, value in document.items() if value is not None}
        return ClientMetadata.model_validate(document)
    except (ValueError, ValidationError, RecursionError):
        raise UpstreamFailed("The program's document cannot be read.") from None
