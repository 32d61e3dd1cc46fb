"""The queue as a whole, for the person: pause, drain, the page's limit, clients, and figures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.core.errors import NotFound
from server.core.local_time import start_of_day
from server.integrations.queue.core import Core, to_seconds
from server.integrations.queue.ending import end
from server.integrations.queue.limits import Moment
from server.integrations.queue.models import ClientRef, Prompt, QueueClient, QueueSettings, QueueSummary
from server.integrations.queue.states import State
from server.integrations.queue.store import chats, clients, control, prompts, summary
from server.integrations.queue.store.rows import to_optional_moment
from server.integrations.queue.webhooks import make_secret
from server.outbound.webhooks.outbox import Outbox

NO_CLIENT = "This client has put nothing into the queue."
NOT_ALLOWED = "The person does not allow this client to put requests into ChatGPT."
AT_ONCE = 200  # prompts in one transaction


@dataclass(frozen=True)
class QueueControl:
    """Changes the queue as a whole."""

    core: Core

    async def change(self, **values: object) -> None:
        """Change the state of the queue."""
        await self.core.context.database.write(control.change_control, **values)
        self.core.changes.publish()

    async def limit_until(self, moment: datetime | None) -> None:
        """Set the end of the page's rate limit."""
        await self.change(limit_until=to_seconds(moment))

    async def summarize(self) -> QueueSummary:
        """Count prompts and read the state of the queue."""
        return await self.core.context.database.read(summarize, self.core.moment(), self.core.read_settings())

    async def clients(self) -> list[QueueClient]:
        """List clients."""
        return await self.core.context.database.read(clients.list_clients)

    async def set_approval(self, client_id: str, *, approved: bool, reason: str) -> int:
        """Store the person's answer for a client."""
        context, now = self.core.context, self.core.now()
        count = await context.database.write(answer_for, client_id, approved, now)
        while not approved and await self.core.apply_all(refuse, context.webhooks, client_id, reason or NOT_ALLOWED, now):
            pass
        self.core.changes.publish()
        return count

    async def set_webhook(self, client: ClientRef, url: str) -> None:
        """Set to where the results of a client go."""
        if url:
            self.core.context.webhooks.check(url)
            await make_secret(self.core.context.secrets)
        await self.core.context.database.write(store_webhook, client, url, self.core.now())


def summarize(connection: Connection, moment: Moment, settings: QueueSettings) -> QueueSummary:
    """Read the figures."""
    state = control.read_control(connection)
    midnight = start_of_day(datetime.fromisoformat(moment.day).date()).timestamp()
    counts = summary.count_states(connection, midnight)
    is_limited = state.limit_until is not None and state.limit_until > moment.now
    return QueueSummary(
        waiting=counts[State.idle],
        running=counts[State.leased] + counts[State.executing],
        uncertain=counts[State.uncertain],
        done_today=counts[State.done],
        failed_today=counts[State.failed],
        dead=summary.count_dead(connection),
        paused=state.paused,
        draining=state.draining,
        limit_until=to_optional_moment(state.limit_until) if is_limited else None,
        sent_today=state.count_sent(moment.day),
        daily_cap=settings.daily_cap,
        approval_needed=[client for client in clients.list_clients(connection) if client.approved is None],
    )


def answer_for(connection: Connection, client_id: str, approved: bool, now: float) -> int:
    """Store the person's answer, and let what waits be claimed or not. Return how many prompts wait."""
    if not clients.set_approval(connection, client_id, approved):
        raise NotFound(NO_CLIENT)
    for key in clients.list_idle_keys(connection, client_id):
        chats.reorder(connection, key, now)
    return clients.count_idle(connection, client_id)


def refuse(connection: Connection, outbox: Outbox, client_id: str, reason: str, now: float) -> list[Prompt]:
    """Fail some of the prompts of a client that wait."""
    return [
        end(connection, outbox, found, State.failed, now, reason, error_name="not_allowed")
        for found in prompts.list_idle(connection, client_id, AT_ONCE)
    ]


def store_webhook(connection: Connection, client: ClientRef, url: str, now: float) -> None:
    """Store the address of a client, which may be new."""
    clients.add_clients(connection, [client], now)
    clients.set_webhook_url(connection, client.id, url)
