"""The person's answers for clients, and the addresses of clients. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection

from server.core.errors import NotFound
from server.integrations.queue.models import ClientRef, Prompt
from server.integrations.queue.states import State
from server.integrations.queue.store import clients
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.chats import reorder
from server.integrations.queue.store.ending import NOT_ALLOWED, end
from server.integrations.queue.store.prompts import list_idle

NO_CLIENT = "This client has put nothing into the queue."
AT_ONCE = 200  # prompts in one transaction


def set_approval(connection: Connection, call: Call, client_id: str, approved: bool) -> int:
    """Store the person's answer, and let what waits be claimed or not. Return how many prompts wait."""
    if not clients.set_approval(connection, client_id, approved):
        raise NotFound(NO_CLIENT)
    for key in clients.list_idle_keys(connection, client_id):
        reorder(connection, key, call.now)
    return clients.count_idle(connection, client_id)


def refuse_some(connection: Connection, call: Call, client_id: str, reason: str) -> list[Prompt]:
    """Fail some of the prompts of a client that wait."""
    return [
        end(connection, call, current, State.failed, reason or NOT_ALLOWED, error_name="not_allowed")
        for current in list_idle(connection, client_id, AT_ONCE)
    ]


def set_webhook(connection: Connection, call: Call, client: ClientRef, url: str) -> None:
    """Store the address of a client, which may be new."""
    clients.add_clients(connection, [client], call.now)
    clients.set_webhook_url(connection, client.id, url)
