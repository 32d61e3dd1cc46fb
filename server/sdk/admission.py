"""Connections of clients that are no calls of operations, such as WebSockets: who may open one, and when it has to end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers

from server.core.errors import Unavailable
from server.core.sentences import Sentence


@dataclass(frozen=True)
class ConnectionKind:
    """One kind of connection. `operation`: its name in the activity; `sentence`: what a client does that opens one."""

    operation: str
    sentence: Sentence


class Admission(Protocol):
    """A connection that was let in. Its holder closes it when `ended` is set: the key was revoked, or has lost the scope."""

    ended: asyncio.Event

    @property
    def client_id(self) -> str:
        """The id of its client."""

    @property
    def client_name(self) -> str:
        """The name that the person gave its client."""


class Admissions:
    """Lets connections in. This one lets nobody in; a running server has the one of its guard.

    `on_change`: called when a client may do more or less than before.
    """

    def __init__(self) -> None:
        self.on_change: list[Callable[[], object]] = []

    async def __call__(self, credential: str | Headers, scope: str, kind: ConnectionKind, host: str = "") -> Admission:
        """Let a client with this key, or with the one in these headers, open a connection, and record it in the activity.

        `host`: the Host header of its handshake. Raises NotAuthenticated, Forbidden without the scope, and TooManyRequests.
        """
        del credential, kind, host
        raise Unavailable(f"Nobody can be let in for {scope}.")

    async def list_excluded(self, scope: str, operation: str) -> set[str]:
        """List the ids of clients that may not call an operation: they are revoked, lack the scope, or are denied it."""
        del scope, operation
        return set()

    async def list_revoked(self) -> set[str]:
        """List the ids of clients that are revoked."""
        return set()
