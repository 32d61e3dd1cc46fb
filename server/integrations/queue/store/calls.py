"""The surroundings of a change of the queue: the time, the settings and the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy import Connection

from server.integrations.queue.models import QueueSettings


class Outbox(Protocol):
    """The outbox of Deskhand's webhooks."""

    def emit_to(
        self,
        connection: Connection,
        url: str,
        body: bytes,
        *,
        type: str = "",  # noqa: A002, as it is there
        secret_name: str = "",
        message_id: str = "",
        depth: int | None = None,
    ) -> str:
        """Store a webhook in the transaction of the connection."""


@dataclass(frozen=True)
class Call:
    """A call of the queue: its time (seconds since 1970), the outbox, and what only some functions need."""

    now: float
    outbox: Outbox
    read_settings: Callable[[], QueueSettings]

    @cached_property
    def settings(self) -> QueueSettings:
        """The settings in force."""
        return self.read_settings()

    @cached_property
    def day(self) -> str:
        """The person's day."""
        return datetime.fromtimestamp(self.now).astimezone().date().isoformat()
