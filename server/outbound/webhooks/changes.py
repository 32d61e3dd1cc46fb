"""News of outgoing webhooks: for the delivery, for the window, and for the person if something went wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from server.core.events import Events
from server.core.tasks import Tasks
from server.outbound.webhooks import store
from server.outbound.webhooks.models import DeliveryState, Endpoint, EndpointState, Outcome
from server.storage.database import Database

TOPIC = "webhooks"
PUBLISH_SECONDS = 0.5  # between two events of the window
NOTIFY = "show a notification about a webhook"
TITLE = "Webhook not delivered"
GAVE_UP = "An event for {} could not be delivered and is now a dead letter."
TURNED_OFF = "The webhook {} was turned off. {}"
UNCONFIRMED = "The webhook {} comes from a restored backup. Turn it on or remove it under Webhooks."
DEAD_LETTERS = "Some events could not be delivered to {}. Replay or discard them under Webhooks."


@dataclass
class Changes:
    """Publishes changes. `problem`: a sentence for the person, while something needs their attention."""

    database: Database
    events: Events
    tasks: Tasks
    notify: Callable[[str, str], None]
    wake: Callable[[], None] = lambda: None
    problem: str | None = None
    recorded: asyncio.Condition = field(default_factory=asyncio.Condition)
    _pending: bool = False

    async def publish(self) -> None:
        """Publish a change of receivers or deliveries."""
        self.wake()
        await self.update_problem()
        self.events.publish(TOPIC)

    async def report(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Publish an attempt; if it was the last one, the person is notified."""
        async with self.recorded:
            self.recorded.notify_all()
        if not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_later(PUBLISH_SECONDS, self._publish_attempts)
        text = TURNED_OFF.format(endpoint.title, outcome.disabled) if outcome.disabled else ""
        if outcome.state == DeliveryState.dead:
            text = GAVE_UP.format(endpoint.title)
        if text:
            self.tasks.start(asyncio.to_thread(self.notify, TITLE, text), name=NOTIFY)
            await self.update_problem()

    async def update_problem(self) -> None:
        """Read the state of the receivers again."""
        endpoints, counts = await self.database.read(
            lambda connection: (store.list_endpoints(connection), store.count_deliveries(connection))
        )
        sentences = [describe(endpoint, counts.get(endpoint.id, {}).get(DeliveryState.dead, 0)) for endpoint in endpoints]
        problem = next(filter(None, sentences), None)
        if problem != self.problem:
            self.problem = problem
            self.events.publish("overview")

    def _publish_attempts(self) -> None:
        self._pending = False
        self.events.publish(TOPIC)


def describe(endpoint: Endpoint, dead: int) -> str | None:
    """Describe what needs attention at a receiver."""
    if endpoint.state == EndpointState.unconfirmed:
        return UNCONFIRMED.format(endpoint.title)
    if endpoint.state == EndpointState.disabled and endpoint.reason:
        return TURNED_OFF.format(endpoint.title, endpoint.reason)
    return DEAD_LETTERS.format(endpoint.title) if dead else None
