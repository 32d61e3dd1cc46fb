"""Changes of a prompt's state. Each function is a part of its caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, false, insert, literal_column, null, update

from server.core.errors import Conflict
from server.integrations.queue.models import Prompt
from server.integrations.queue.states import OPEN, State, list_sources
from server.integrations.queue.store.prompts import require_prompt
from server.integrations.queue.store.rows import write_entry
from server.integrations.queue.store.tables import answer, prompt
from server.storage.prepared import Prepared

STALE = "This request is not yours any more: its lease has ended."

CHANGE = update(prompt).where(prompt.c.number == bindparam("which"))
NOTE = CHANGE.values(history=prompt.c.history.concat(bindparam("entry")))
LEFT = {"worker": None, "expires_at": None, "ready": 0}
FINISH = Prepared(
    CHANGE.values(
        state=literal_column("'done'"),
        is_open=false(),
        ready=literal_column("0"),
        worker=null(),
        expires_at=null(),
        partial=null(),
        error_name=null(),
        error_message=null(),
        find_first=false(),
        dead=false(),
        ends=prompt.c.ends + literal_column("1"),
        started_at=bindparam("begun"),
        completed_at=bindparam("now"),
        notes=bindparam("remarks"),
        chat_key=bindparam("key"),
        history=prompt.c.history.concat(bindparam("entry")),
    )
)
ADD_ANSWER = Prepared(insert(answer))


def move(connection: Connection, current: Prompt, after: State, now: float, reason: str = "", **values: Any) -> Prompt:
    """Change the state of a prompt, and further columns of it."""
    columns: dict[str, Any] = {"state": after, "is_open": after in OPEN, **values}
    if after == State.idle or after not in OPEN:
        columns = LEFT | columns
    if after not in OPEN:
        columns |= {"completed_at": now, "ends": current.ends + 1, "partial": None, "find_first": False}
    connection.execute(NOTE.values(**columns), {"which": current.number, "entry": write_entry(now, after, reason)})
    return require_prompt(connection, current.id)


def change(connection: Connection, current: Prompt, **values: Any) -> Prompt:
    """Change columns of a prompt that have nothing to do with its state."""
    connection.execute(CHANGE.values(**values), {"which": current.number})
    return require_prompt(connection, current.id)


def finish(connection: Connection, rows: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]) -> None:
    """End prompts with their answers: `which`, `begun`, `now`, `remarks`, `key` and `entry`, and the columns of queue_answer."""
    FINISH.run(connection, rows)
    ADD_ANSWER.run(connection, answers)


def require_source(current: Prompt, action: str, after: State | None = None) -> None:
    """Raise Conflict if an action is not possible in the state of a prompt."""
    if current.state not in list_sources(action, after):
        raise Conflict(f"This request is {current.state}, so that is not possible.")


def require_lease(current: Prompt, token: int, action: str) -> None:
    """Raise Conflict unless the latest lease of a prompt has this token and the action is possible."""
    if token != current.token or current.state not in list_sources(action):
        raise Conflict(STALE)
