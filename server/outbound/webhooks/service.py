"""Outgoing webhooks, put together: outbox, delivery, receivers and log."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.outbound.webhooks.changes import Changes
from server.outbound.webhooks.delivery import Deliverer
from server.outbound.webhooks.delivery_log import DeliveryLog
from server.outbound.webhooks.endpoints import Endpoints
from server.outbound.webhooks.outbox import Outbox
from server.outbound.webhooks.sender import Sender
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings

DELIVER = "deliver webhooks"  # the names of the tasks: "Deskhand could not …"
READ_STATE = "read the state of webhooks"
RESTART_SECONDS = 30.0  # after a failure of the database


@dataclass(frozen=True)
class Webhooks:
    """Service of outgoing webhooks. `outbox` is what integrations use."""

    outbox: Outbox
    endpoints: Endpoints
    log: DeliveryLog
    changes: Changes
    deliverer: Deliverer
    tasks: Tasks

    def start(self) -> None:
        """Begin to deliver."""
        self.tasks.repeat(self.deliverer.run, lambda: RESTART_SECONDS, name=DELIVER)
        self.tasks.start(self.changes.update_problem(), name=READ_STATE)


@dataclass(frozen=True)
class Storage:
    """Storage of webhooks."""

    database: Database
    settings: Settings
    secrets: Secrets


def create_webhooks(
    storage: Storage, events: Events, tasks: Tasks, clock: Clock, sender: Sender, notify: Callable[[str, str], None]
) -> Webhooks:
    """Put the service together, on the event loop. `notify` shows the person a title and a text; it may block."""
    loop, database, settings = asyncio.get_running_loop(), storage.database, storage.settings
    changes = Changes(database, events, tasks, notify)
    deliverer = Deliverer(database, settings, storage.secrets, clock, sender, changes.report)
    changes.wake = deliverer.wake

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(deliverer.wake)

    outbox = Outbox(clock, sender.receivers, wake)
    endpoints = Endpoints(database, settings, storage.secrets, clock, sender, deliverer, changes)
    log = DeliveryLog(database, settings, clock, outbox, endpoints, changes)
    return Webhooks(outbox, endpoints, log, changes, deliverer, tasks)
