"""Clients of the queue and the person's answers. Each function is a part of its caller's transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update

from server.integrations.queue.models import ClientRef, QueueClient
from server.integrations.queue.states import WAITING
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.tables import IS_OPEN, OPEN_CLIENT, client, prompt
from server.storage.prepared import Prepared

KNOWN = Prepared(select(client.c.name, client.c.approved).where(client.c.id == bindparam("which")))
CHANGE = update(client).where(client.c.id == bindparam("which"))
NAME = CHANGE.values(name=bindparam("called"))
PROMPTS = (
    select(OPEN_CLIENT.label("client"), func.count().label("waiting"))
    .where(IS_OPEN, prompt.c.state.in_(WAITING))
    .group_by(OPEN_CLIENT)
    .subquery()
)
ALL = (
    select(client, func.coalesce(PROMPTS.c.waiting, 0).label("waiting"))
    .outerjoin(PROMPTS, PROMPTS.c.client == client.c.id)
    .order_by(client.c.created_at, client.c.id)
)
APPROVED = select(client.c.approved).where(client.c.id == bindparam("which"))
REVOKE = (
    update(client).where(client.c.id.in_(bindparam("ids", expanding=True))).values(webhook_url="", approved=False),
    update(prompt)
    .where(prompt.c.webhook_url.is_not(None), prompt.c.client.in_(bindparam("ids", expanding=True)))
    .values(webhook_url=None),
)
IDLE_KEYS = select(prompt.c.chat_key).where(bindparam("of") == OPEN_CLIENT, IS_OPEN, prompt.c.state == "idle").distinct()
IDLE_COUNT = select(func.count()).where(bindparam("of") == OPEN_CLIENT, IS_OPEN, prompt.c.state == "idle")


def add_clients(connection: Connection, clients: Iterable[ClientRef], now: float) -> dict[str, bool | None]:
    """Store clients that are new; return the person's answer for each."""
    named = {client.id: client for client in clients}
    return {client_id: add_client(connection, ref, now) for client_id, ref in named.items()}


def add_client(connection: Connection, ref: ClientRef, now: float) -> bool | None:
    """Store a client if it is new, and its name; return the person's answer."""
    known = KNOWN.read(connection, which=ref.id)
    if not known:
        connection.execute(insert(client), {"id": ref.id, "name": ref.name, "created_at": now})
        return None
    [(name, approved)] = known
    if ref.name and name != ref.name:
        connection.execute(NAME, {"which": ref.id, "called": ref.name})
    return None if approved is None else bool(approved)


def list_clients(connection: Connection) -> list[QueueClient]:
    """List clients, oldest first."""
    return [QueueClient(row.id, row.name, row.approved, row.webhook_url, row.waiting) for row in connection.execute(ALL)]


def read_approval(connection: Connection, client_id: str) -> bool | None:
    """Read the person's answer for a client; None if there is none yet."""
    return connection.scalar(APPROVED, {"which": client_id})


def set_approval(connection: Connection, client_id: str, approved: bool) -> bool:
    """Store the person's answer; return False if there is no such client."""
    return connection.execute(CHANGE.values(approved=approved), {"which": client_id}).rowcount > 0


def set_webhook_url(connection: Connection, client_id: str, url: str) -> None:
    """Store to where the results of a client go."""
    connection.execute(CHANGE.values(webhook_url=url), {"which": client_id})


def revoke_clients(connection: Connection, _: Call, client_ids: Sequence[str]) -> None:
    """Send no prompt of clients any more, also none that a browser gives back, and none of their results anywhere."""
    for statement in REVOKE:
        connection.execute(statement, {"ids": list(client_ids)})


def list_idle_keys(connection: Connection, client_id: str) -> list[str]:
    """List the chats in which prompts of a client wait."""
    return list(connection.execute(IDLE_KEYS, {"of": client_id}).scalars())


def count_idle(connection: Connection, client_id: str) -> int:
    """Count the prompts of a client that wait."""
    return int(connection.scalar(IDLE_COUNT, {"of": client_id}) or 0)
