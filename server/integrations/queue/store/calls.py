"""The surroundings of a change of the queue: the time, the settings and the outbox."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the queue: its time (seconds since 1970), the person's day, the settings in force, and the outbox."""

    now: float
    day: str
    settings: QueueSettings
    outbox: Outbox
