"""Log of deliveries: reading it, replaying what has ended, giving up what waits, and tests of receivers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.core.clock import Clock
from server.core.errors import Conflict, NotFound
from server.outbound.webhooks import store
from server.outbound.webhooks.changes import Changes
from server.outbound.webhooks.endpoints import Endpoints
from server.outbound.webhooks.models import SECTION, DeliveryFilter, EndpointState, LoggedDelivery, WebhookSettings
from server.outbound.webhooks.outbox import Outbox
from server.storage.database import Database
from server.storage.settings import Settings

TEST_TYPE = "webhook.test"
TEST_DATA = {"text": "This is a test of Deskhand."}
UNKNOWN = "There is no such delivery. It may have been removed from the log."
NOT_ENABLED = "This webhook is off. Turn it on first."


@dataclass(frozen=True)
class DeliveryLog:
    """Deliveries as the person sees them."""

    database: Database
    settings: Settings
    clock: Clock
    outbox: Outbox
    endpoints: Endpoints
    changes: Changes

    async def list(self, selection: DeliveryFilter) -> Sequence[LoggedDelivery]:
        """List deliveries, newest first."""
        return await self.database.read(store.list_deliveries, selection)

    async def find(self, delivery_id: int) -> LoggedDelivery:
        """Find a delivery with its attempts. Raises NotFound."""
        return require(await self.database.read(store.find_delivery, delivery_id))

    async def test(self, endpoint_id: str) -> LoggedDelivery:
        """Send a test event and wait for its first attempt. It goes behind what waits already. Raises NotFound and Conflict."""
        if (await self.endpoints.find(endpoint_id)).endpoint.state != EndpointState.enabled:
            raise Conflict(NOT_ENABLED)
        delivery_id = await self.database.write(self.outbox.emit_test, endpoint_id, TEST_TYPE, TEST_DATA)
        await self.endpoints.retry(endpoint_id)
        try:
            async with asyncio.timeout(self._read_settings().test_seconds), self.changes.recorded:
                while not (logged := await self.find(delivery_id)).attempts:
                    await self.changes.recorded.wait()
        except TimeoutError:
            return await self.find(delivery_id)
        return logged

    async def replay(self, delivery_id: int) -> LoggedDelivery:
        """Deliver again what has ended, under its id. Raises NotFound."""
        return await self._retry(require(await self.database.write(store.replay, delivery_id)))

    async def replay_dead(self, endpoint_id: str = "") -> int:
        """Deliver all dead letters again, those of one receiver or all; return how many."""
        count = await self.database.write(store.replay_dead, endpoint_id)
        await self.changes.publish()
        return count

    async def discard_dead(self, endpoint_id: str = "") -> int:
        """Remove all dead letters, those of one receiver or all; return how many."""
        count = await self.database.write(store.discard_dead, endpoint_id)
        await self.changes.publish()
        return count

    async def give_up(self, delivery_id: int) -> LoggedDelivery:
        """Make a delivery that waits a dead letter, so that the next one is attempted. Raises NotFound."""
        now = self.clock.now().isoformat()
        return await self._retry(require(await self.database.write(store.give_up, delivery_id, now)))

    async def prune(self) -> None:
        """Remove what is older than the person's settings say."""
        before = self.clock.now() - timedelta(days=self._read_settings().keep_days)
        while await self.database.write(store.prune, before.isoformat()):
            pass
        await self.changes.update_problem()

    async def _retry(self, logged: LoggedDelivery) -> LoggedDelivery:
        """Attempt at once what waits for the receiver of a delivery. Of a request's receiver this is the confirmation."""
        values = {"next_attempt_at": None} | ({"state": EndpointState.enabled.value} if logged.endpoint.kind == "request" else {})
        await self.database.write(store.change_endpoint, logged.endpoint.id, values)
        await self.changes.publish()
        return logged

    def _read_settings(self) -> WebhookSettings:
        return self.settings.read(SECTION, WebhookSettings)


def require(logged: LoggedDelivery | None) -> LoggedDelivery:
    """Return a delivery. Raises NotFound if there is none."""
    if logged is None:
        raise NotFound(UNKNOWN)
    return logged
