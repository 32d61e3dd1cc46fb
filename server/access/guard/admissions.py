"""Connections of clients that are no calls of operations: authentication, rate limit, scope, record, and the end of the key."""

import asyncio
from dataclasses import dataclass, field
from weakref import WeakSet

from starlette.datastructures import Headers

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import Activity
from server.access.clients.client import Client, Policy
from server.access.clients.registry import Clients
from server.access.guard import permissions
from server.access.guard.authentication import Authenticator
from server.access.guard.rate_limits import Limits, too_many_requests
from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.sdk.admission import Admission, Admissions, ConnectionKind

ADMITTED, NO_SCOPE, TOO_OFTEN = "Its key is right.", "The scope is missing.", "It connected too often."


@dataclass(eq=False)
class ClientAdmission:
    """A connection of a client, which has a scope."""

    client: Client
    scope: str
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def client_id(self) -> str:
        return self.client.id

    @property
    def client_name(self) -> str:
        return self.client.name


class ClientAdmissions(Admissions):
    """Lets connections in, and ends them by `ended` as soon as the client is revoked, or loses the key or the scope."""

    def __init__(self, authenticator: Authenticator, limits: Limits, activity: Activity, clock: Clock) -> None:
        super().__init__()
        self._authenticator, self._limits, self._activity, self._clock = authenticator, limits, activity, clock
        self._clients: Clients = authenticator.clients
        self._open: WeakSet[ClientAdmission] = WeakSet()
        self._clients.on_change.append(self._report_change)

    async def __call__(self, credential: str | Headers, scope: str, kind: ConnectionKind, host: str = "") -> Admission:
        headers = make_headers(credential, host) if isinstance(credential, str) else credential
        client = await self._authenticator.authenticate_request(headers, scope=scope)
        quota = await self._limits.take(client, changing=False)
        if quota and not quota.passed:
            refusal = too_many_requests(client, quota)
            if quota.first_refusal:
                await self._record(client, kind, TOO_OFTEN, refusal)
            raise refusal
        if scope not in client.scopes:
            refused = permissions.missing_scope(client, kind.operation, scope)
            await self._record(client, kind, NO_SCOPE, refused)
            raise refused
        admission = ClientAdmission(client, scope)
        self._open.add(admission)
        self._end_invalid()  # the key may have ended since it was found
        await self._record(client, kind, ADMITTED)
        return admission

    async def list_excluded(self, scope: str, operation: str) -> set[str]:
        return {
            client.id
            for client in await self._clients.list()
            if client.revoked_at or scope not in client.scopes or client.policies.get(operation) is Policy.deny
        }

    async def list_revoked(self) -> set[str]:
        return {client.id for client in await self._clients.list() if client.revoked_at}

    async def _record(self, client: Client, kind: ConnectionKind, reason: str, error: DeskhandError | None = None) -> None:
        await self._activity.add(
            Entry(
                at=self._clock.now().isoformat(),
                client_id=client.id,
                client_name=client.name,
                operation=kind.operation,
                sentence=kind.sentence,
                changes=False,
                decision="refused" if error else "allowed",
                reason=reason,
                outcome=Outcome.refused if error else Outcome.done,
                status=error.status if error else None,
            )
        )

    def _report_change(self) -> None:
        self._end_invalid()
        for callback in self.on_change:
            callback()

    def _end_invalid(self) -> None:
        for admission in list(self._open):
            client = self._clients.refresh(admission.client)
            if client is None or admission.scope not in client.scopes:
                admission.ended.set()
                self._open.discard(admission)


def make_headers(key: str, host: str) -> Headers:
    """Make the headers of a request with a key, which may hold anything."""
    return Headers(raw=[(b"x-api-key", key.encode("utf-8", "replace")), (b"host", host.encode("utf-8", "replace"))])
