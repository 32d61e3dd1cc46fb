"""Receivers that the person added, their secrets, and the local receivers to which webhooks may go."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from server.core.clock import Clock
from server.core.errors import Conflict, NotFound
from server.outbound.webhooks import store
from server.outbound.webhooks.changes import Changes
from server.outbound.webhooks.delivery import PREVIOUS, Deliverer
from server.outbound.webhooks.models import SECTION, DeliveryState, Endpoint, EndpointState, WebhookSettings
from server.outbound.webhooks.sender import Sender
from server.outbound.webhooks.signing import make_secret
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings

MOST_ENDPOINTS = 100
UNKNOWN = "There is no such webhook."
TOO_MANY = f"There are {MOST_ENDPOINTS} webhooks already. Remove one first."


@dataclass(frozen=True)
class EndpointStatus:
    """A receiver and how many events wait for it or are dead letters."""

    endpoint: Endpoint
    waiting: int = 0
    dead: int = 0


@dataclass(frozen=True)
class Endpoints:
    """Rules of receivers."""

    database: Database
    settings: Settings
    secrets: Secrets
    clock: Clock
    sender: Sender
    deliverer: Deliverer
    changes: Changes

    async def list(self) -> Sequence[EndpointStatus]:
        """List the receivers, oldest first."""
        endpoints, counts = await self.database.read(
            lambda connection: (store.list_endpoints(connection), store.count_deliveries(connection))
        )
        return [make_status(endpoint, counts.get(endpoint.id, {})) for endpoint in endpoints]

    async def find(self, endpoint_id: str) -> EndpointStatus:
        """Find a receiver. Raises NotFound."""
        for status in await self.list():
            if status.endpoint.id == endpoint_id:
                return status
        raise NotFound(UNKNOWN)

    async def add(self, url: str, name: str = "", types: Collection[str] = ()) -> tuple[EndpointStatus, str]:
        """Add a receiver; return it and its signing secret, which is shown this once. Raises InvalidInput and Conflict."""
        await self.sender.check(url)
        if len(await self.database.read(store.list_endpoints)) >= MOST_ENDPOINTS:
            raise Conflict(TOO_MANY)
        endpoint_id = f"whe_{secrets.token_hex(8)}"
        endpoint = Endpoint(
            id=endpoint_id,
            kind="person",
            url=url,
            name=name,
            types=tuple(dict.fromkeys(types)),
            state=EndpointState.enabled.value,
            reason="",
            secret_name=store.name_secret(endpoint_id),
            previous_until=None,
            created_at=self.clock.now().isoformat(),
            failures=0,
            next_attempt_at=None,
        )
        secret = make_secret()
        await self.secrets.set(endpoint.secret_name, secret)
        await self.database.write(store.add_endpoint, endpoint)
        await self.changes.publish()
        return EndpointStatus(endpoint), secret

    async def change(
        self, endpoint_id: str, *, url: str | None = None, name: str | None = None, types: Collection[str] | None = None
    ) -> EndpointStatus:
        """Change a receiver. Raises NotFound and InvalidInput."""
        await self.find(endpoint_id)
        values: dict[str, Any] = {}
        if url is not None:
            await self.sender.check(url)
            values |= {"url": url, "failures": 0, "next_attempt_at": None}
        if name is not None:
            values["name"] = name
        if types is not None:
            values["types"] = list(dict.fromkeys(types))
        return await self._store(endpoint_id, values)

    async def enable(self, endpoint_id: str) -> EndpointStatus:
        """Turn a receiver on; what waits for it is attempted at once. Raises NotFound and InvalidInput."""
        endpoint = (await self.find(endpoint_id)).endpoint
        await self.sender.check(endpoint.url)
        return await self._store(endpoint_id, {"state": EndpointState.enabled.value, "reason": "", "next_attempt_at": None})

    async def disable(self, endpoint_id: str) -> EndpointStatus:
        """Turn a receiver off. It gets no new events, and what waits for it is kept. Raises NotFound."""
        await self.find(endpoint_id)
        return await self._store(endpoint_id, {"state": EndpointState.disabled.value, "reason": ""})

    async def retry(self, endpoint_id: str) -> EndpointStatus:
        """Attempt at once what waits for a receiver. Raises NotFound."""
        await self.find(endpoint_id)
        return await self._store(endpoint_id, {"next_attempt_at": None})

    async def remove(self, endpoint_id: str) -> None:
        """Remove a receiver with its log and its secret. Raises NotFound."""
        name = (await self.find(endpoint_id)).endpoint.secret_name
        await self.database.write(store.remove_endpoint, endpoint_id)
        for secret_name in (name, name + PREVIOUS):
            await self.secrets.delete(secret_name)
            self.deliverer.forget_secret(secret_name)
        await self.changes.publish()

    async def rotate(self, endpoint_id: str) -> str:
        """Replace the secret and return the new one; for `rotation_hours` both sign. Raises NotFound."""
        name = (await self.find(endpoint_id)).endpoint.secret_name
        secret, previous = make_secret(), await self.secrets.get(name)
        until = self.clock.now() + timedelta(hours=self._read_settings().rotation_hours)
        if previous:
            await self.secrets.set(name + PREVIOUS, previous)
            self.deliverer.forget_secret(name + PREVIOUS)
        await self._store(endpoint_id, {"previous_until": until.isoformat() if previous else None})
        await self.secrets.set(name, secret)
        self.deliverer.forget_secret(name)
        await self._store(endpoint_id, {"next_attempt_at": None})
        return secret

    def list_local_receivers(self) -> Sequence[str]:
        """List the receivers on this computer or its network to which webhooks may go."""
        return self._read_settings().local_receivers

    async def set_local_receivers(self, addresses: Collection[str]) -> Sequence[str]:
        """Replace the list. Raises InvalidInput."""
        checked = list(dict.fromkeys(map(self.sender.receivers.check_listed, addresses)))
        await self.settings.change(
            SECTION, WebhookSettings, lambda current: current.model_copy(update={"local_receivers": checked})
        )
        await self.changes.publish()
        return checked

    async def _store(self, endpoint_id: str, values: Mapping[str, Any]) -> EndpointStatus:
        await self.database.write(store.change_endpoint, endpoint_id, values)
        await self.changes.publish()
        return await self.find(endpoint_id)

    def _read_settings(self) -> WebhookSettings:
        return self.settings.read(SECTION, WebhookSettings)


def make_status(endpoint: Endpoint, counts: Mapping[str, int]) -> EndpointStatus:
    """Put a receiver and the numbers of its deliveries together."""
    return EndpointStatus(endpoint, counts.get(DeliveryState.waiting, 0), counts.get(DeliveryState.dead, 0))
