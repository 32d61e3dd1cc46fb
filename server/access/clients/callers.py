"""Callers who bring a token of their own: who they are, and how many there may be."""

import hashlib
import re

from starlette.datastructures import Headers

from server.access.clients import store
from server.access.clients.client import Client
from server.access.clients.registry import Clients
from server.core.clock import Clock
from server.core.errors import NotAuthenticated, TooManyRequests
from server.sdk.caller_tokens import CallerTokens

MOST_CALLERS = 20  # of one client
IDLE_SECONDS = 600.0  # until another caller may take the place of one
LONGEST_TOKEN = 4_096  # characters
TOKEN = re.compile(rf"(?=.{{10,{LONGEST_TOKEN}}}\Z)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Callers(CallerTokens):
    """Callers with a token of their own. They are known by its SHA-256; the token itself is not kept here."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients, self._clock = clients, clock
        self._used: dict[str, dict[str, float]] = {}

    async def enable(self, scope: str, name: str) -> str:
        client = self._clients.prepare(name, frozenset({scope}), {})
        await self._clients.write(lambda connection: store.add_client(connection, store.with_free_name(connection, client)))
        await self.restore(scope, client.id)
        return client.id

    async def restore(self, scope: str, client_id: str) -> None:
        self._clients.caller_clients[scope] = client_id
        await self._clients.reload()

    async def disable(self, scope: str) -> None:
        if client_id := self._clients.caller_clients.pop(scope, None):
            self._used.pop(client_id, None)
            await self._clients.end(client_id)

    def is_enabled(self, scope: str) -> bool:
        return self._clients.find_caller(scope, "") is not None

    def find(self, scope: str, token: str) -> Client | None:
        """Find the client of a caller. `scope`: empty for what serves the callers of every scope.

        None if nobody may use the scope with a token of their own. Raises TooManyRequests for one caller too many.
        """
        caller = identify(token)
        client = self._clients.find_caller(scope, caller)
        if client:
            self._admit(client.id, caller)
        return client

    def require(self, scope: str, token: str) -> Client:
        """Find the client of a caller who was let in elsewhere. Raises NotAuthenticated and TooManyRequests."""
        if client := self.find(scope, token):
            return client
        raise NotAuthenticated("This needs a key of Deskhand's: tokens of callers are not accepted here.")

    def _admit(self, client_id: str, caller: str) -> None:
        now = self._clock.monotonic()
        used = {known: at for known, at in self._used.get(client_id, {}).items() if now - at < IDLE_SECONDS}
        if caller not in used and len(used) >= MOST_CALLERS:
            raise TooManyRequests("Too many people use this at once. Try again in ten minutes.", retry_after=60)
        self._used[client_id] = used | {caller: now}


def identify(token: str) -> str:
    """Identify a caller by its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_token(headers: Headers) -> str:
    """Read the token of a request that carries nothing else: a bearer of three base64url parts. Empty if there is none."""
    values = headers.getlist("authorization")
    kind, _, token = values[0].strip().partition(" ") if len(values) == 1 else ("", "", "")
    token = token.strip()
    is_token = kind.lower() == "bearer" and TOKEN.fullmatch(token) and "x-api-key" not in headers
    return token if is_token else ""


def separate(client: Client, text: str) -> str:
    """Separate what is stored by a text of the caller's choice, such as a key of idempotency, from that of other callers."""
    return identify(f"{client.identity} {text}") if client.caller else text
