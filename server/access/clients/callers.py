"""Callers who bring a token of their own: which client they are, and what is never taken for such a token."""

import hashlib
import re

from starlette.datastructures import Headers

from server.access.clients import store
from server.access.clients.client import Client
from server.access.clients.registry import KEY_PREFIX, Clients
from server.core.errors import NotAuthenticated
from server.sdk.caller_tokens import CallerTokens

LONGEST_TOKEN = 4_096  # characters
# A JWT (RFC 7519): three parts in base64url. Deskhand's own keys and tokens have one, so a mistyped one goes nowhere.
TOKEN = re.compile(rf"(?=.{{10,{LONGEST_TOKEN}}}\Z)(?!{KEY_PREFIX})[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Callers(CallerTokens):
    """Callers with a token of their own. They are known by its SHA-256; the token itself is not kept here."""

    def __init__(self, clients: Clients) -> None:
        super().__init__()
        self._clients, self._enabled = clients, frozenset[str]()
        clients.on_change.append(self._report_ended)

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
            await self._clients.end(client_id)

    def _report_ended(self) -> None:
        enabled = frozenset(filter(self.is_enabled, self._clients.caller_clients))
        ended, self._enabled = self._enabled - enabled, enabled
        for scope in ended:
            for callback in self.on_end:
                callback(scope)

    def is_enabled(self, scope: str) -> bool:
        return self._clients.find_caller(scope, "") is not None

    def find(self, scope: str, token: str) -> Client | None:
        """Find the client of a caller; None if nobody may use the scope with a token of their own.

        `scope`: empty for what serves the callers of every scope.
        """
        return None if self._clients.is_own(token) else self._clients.find_caller(scope, identify(token))

    def require(self, scope: str, token: str) -> Client:
        """Find the client of a caller whose call is handed over to an operation of this scope. Raises NotAuthenticated."""
        if client := self.find(scope, token):
            return client
        raise NotAuthenticated("This needs a key of Deskhand's: tokens of callers are not accepted here.")


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
