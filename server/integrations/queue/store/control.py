"""The queue as a whole: pause, limits and numbers, in one row. Each function is a part of its caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.tables import control
from server.storage.prepared import Prepared

STATE = select(*(control.c[name] for name in ("paused", "draining", "limit_until", "sent_at", "day", "sent_today")))
READ = Prepared(STATE)
LOCK = Prepared(STATE.with_for_update())
CHANGE = update(control)
NUMBER = Prepared(
    update(control)
    .values(last_prompt=control.c.last_prompt + bindparam("prompts"), last_chat=control.c.last_chat + bindparam("chats"))
    .returning(control.c.last_prompt, control.c.last_chat, control.c.draining)
)
SEND = Prepared(update(control).values(sent_at=bindparam("at"), day=bindparam("today"), sent_today=bindparam("sent")))


@dataclass(frozen=True, slots=True)
class Control:
    """The state of the queue as a whole."""

    paused: bool
    draining: bool
    limit_until: float | None
    sent_at: float | None
    day: str
    sent_today: int

    def count_sent(self, day: str) -> int:
        """Count what was sent on a day, which is today."""
        return self.sent_today if self.day == day else 0


def lock_queue(connection: Connection) -> None:
    """Lock the queue until the end of the transaction, before all else: which prompt is next depends on others of its chat.

    Of no effect in SQLite, whose writer is one.
    """
    LOCK.read(connection)


def read_control(connection: Connection) -> Control:
    """Read the state of the queue."""
    [(paused, draining, *values)] = READ.read(connection)
    return Control(bool(paused), bool(draining), *values)


def change_control(connection: Connection, _: Call, values: Mapping[str, Any]) -> None:
    """Change columns."""
    connection.execute(CHANGE.values(dict(values)))


def allocate_numbers(connection: Connection, prompts: int, chats: int) -> tuple[int, int, bool]:
    """Allocate numbers: return the last of the prompts and of the chats, and whether the queue drains."""
    [(last_prompt, last_chat, draining)] = NUMBER.read(connection, prompts=prompts, chats=chats)
    return last_prompt, last_chat, bool(draining)


def record_sent(connection: Connection, at: float | None, day: str, sent_today: int) -> None:
    """Record that prompts went out."""
    SEND.run(connection, [{"at": at, "today": day, "sent": sent_today}])


def uncount_sent(connection: Connection, count: int, day: str) -> None:
    """Record that prompts, which were claimed, did not go out."""
    control = read_control(connection)
    record_sent(connection, control.sent_at, day, max(control.count_sent(day) - count, 0))
