"""The queue: its rules over the store. What a method did is durable when it returns."""

from collections.abc import Collection
from datetime import datetime

from server.integrations.queue.changes import Changes
from server.integrations.queue.claiming import Claiming
from server.integrations.queue.control import QueueControl
from server.integrations.queue.core import SECTION, Core
from server.integrations.queue.decisions import Decisions
from server.integrations.queue.failures import Failures
from server.integrations.queue.leases import Leases
from server.integrations.queue.models import (
    Chat,
    ClientRef,
    Decision,
    Lane,
    Lease,
    Page,
    Place,
    Prompt,
    PromptFailure,
    PromptFilter,
    PromptOrder,
    PromptResult,
    QueueClient,
    QueueSettings,
    QueueSummary,
)
from server.integrations.queue.ordering import Ordering
from server.integrations.queue.reading import Reading
from server.integrations.queue.results import Results
from server.integrations.queue.submitting import Submitting
from server.sdk.context import Context


class Queue:
    """Prompts from submission to their recorded result. Errors: NotFound, Conflict, InvalidInput, Unavailable.

    A `client_id` restricts a method to prompts of that client: those of others raise NotFound. None: the person.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.changes = Changes(context.events)
        core = Core(context, self.changes)
        self._submitting, self._claiming, self._results = Submitting(core), Claiming(core), Results(core)
        self._leases, self._failures, self._decisions = Leases(core), Failures(core), Decisions(core)
        self._reading, self._ordering, self._control = Reading(core), Ordering(core), QueueControl(core)

    def read_settings(self) -> QueueSettings:
        """Read the settings in force."""
        return self.context.settings.read(SECTION, QueueSettings)

    # clients

    async def submit(self, client: ClientRef, order: PromptOrder) -> Prompt:
        """Store a prompt. Raises Unavailable while the queue drains, InvalidInput for a webhook address that is not allowed."""
        return await self._submitting.submit(client, order)

    async def read(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """Read a prompt with its answers, partial text and history."""
        return await self._reading.read(prompt_id, client_id)

    async def wait_for_end(self, prompt_id: str, seconds: float, client_id: str | None = None) -> Prompt:
        """Read a prompt as soon as it has ended, at the latest after so many seconds."""
        return await self._reading.wait_for_end(prompt_id, seconds, client_id)

    async def list(self, selection: PromptFilter) -> Page[Prompt]:
        """List prompts, newest first."""
        return await self._reading.list(selection)

    async def find_place(self, prompt_id: str) -> Place | None:
        """Find the place of a waiting prompt in the queue and when its answer is expected; None if it does not wait."""
        return await self._reading.find_place(prompt_id)

    async def chats(self, client_id: str | None = None) -> "list[Chat]":
        """List chats, oldest first."""
        return await self._reading.chats(client_id)

    async def find_chat(self, chat_id: str, client_id: str | None = None) -> Chat:
        """Find a chat by ChatGPT's id of it."""
        return await self._reading.find_chat(chat_id, client_id)

    async def edit(self, prompt_id: str, message: str, client_id: str | None = None) -> Prompt:
        """Change the message of an idle prompt."""
        return await self._decisions.edit(prompt_id, message, client_id)

    async def cancel(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """End a prompt that has not ended. Its extension is told by the change; a late result is refused."""
        return await self._decisions.cancel(prompt_id, client_id)

    async def retry(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """Put a failed or cancelled prompt back into the queue."""
        return await self._decisions.retry(prompt_id, client_id)

    async def replay(
        self, prompt_id: str, lane: Lane = Lane.browser, model: str | None = None, client_id: str | None = None
    ) -> Prompt:
        """Put a prompt that has ended back into the queue for another answer; earlier answers are kept."""
        return await self._decisions.replay(prompt_id, lane, model, client_id)

    # the person

    async def reorder(self, prompt_id: str, before: str | None, client_id: str | None = None) -> None:
        """Move an idle prompt before another idle one, or to the end."""
        await self._ordering.move(prompt_id, before, client_id)

    async def set_priority(self, prompt_id: str, priority: int, client_id: str | None = None) -> Prompt:
        """Change the priority of an idle prompt; higher is earlier. Inside a chat the order stays."""
        return await self._ordering.set_priority(prompt_id, priority, client_id)

    async def pause(self) -> None:
        """Send nothing until `resume`."""
        await self._control.change(paused=True)

    async def resume(self) -> None:
        """End a pause and draining."""
        await self._control.change(paused=False, draining=False)

    async def drain(self) -> None:
        """Accept no new prompt until `resume`; those that wait are sent."""
        await self._control.change(draining=True)

    async def summarize(self) -> QueueSummary:
        """Count prompts and read the state of the queue."""
        return await self._control.summarize()

    async def clients(self) -> "list[QueueClient]":
        """List the clients that have submitted something, with the person's answer."""
        return await self._control.clients()

    async def set_approval(self, client_id: str, approved: bool, reason: str = "") -> int:
        """Store the person's answer for a client; a no fails its idle prompts. Return how many prompts it concerned."""
        return await self._control.set_approval(client_id, approved=approved, reason=reason)

    async def set_webhook(self, client: ClientRef, url: str) -> None:
        """Set the address to which the results of a client go; empty for none."""
        await self._control.set_webhook(client, url)

    async def resolve(self, prompt_id: str, decision: Decision) -> Prompt:
        """Decide on an uncertain prompt."""
        return await self._decisions.resolve(prompt_id, decision)

    # extensions

    async def claim(self, worker_id: str, capabilities: Collection[str] = (), lane: Lane = Lane.browser) -> Lease | None:
        """Lease the prompt that is next, if one may be sent now. An extension may hold several; they are of different chats.

        `capabilities`: without "find" none that may be in its chat already, without "attachments" none that has some.
        """
        return await self._claiming.claim(worker_id, capabilities, lane)

    async def next_claim_at(self, lane: Lane = Lane.browser) -> datetime | None:
        """Read when a claim may succeed although nothing changes; None if only a change can help."""
        return await self._claiming.next_claim_at(lane)

    async def acknowledge(self, prompt_id: str, token: int, worker_id: str | None = None) -> Prompt:
        """Record that an extension begins, before it types. Of an uncertain prompt: its extension is back.

        `worker_id`: the connection that holds the lease from now on.
        """
        return await self._leases.acknowledge(prompt_id, token, worker_id)

    async def progress(self, prompt_id: str, token: int, text: str) -> None:
        """Record the whole partial text of an answer."""
        await self._leases.progress(prompt_id, token, text)

    async def heartbeat(self, worker_id: str) -> None:
        """Extend the leases of an extension."""
        await self._leases.heartbeat(worker_id)

    async def complete(self, prompt_id: str, token: int, result: PromptResult) -> Prompt:
        """Record the answer, the chat and the webhook. The same result again changes nothing and raises nothing."""
        return await self._results.complete(prompt_id, token, result)

    async def fail(self, prompt_id: str, token: int, failure: PromptFailure) -> Prompt:
        """Record a failure: tried again if the message was not sent and attempts are left."""
        return await self._failures.fail(prompt_id, token, failure)

    async def release(self, prompt_id: str, token: int, reason: str = "") -> Prompt:
        """Give a prompt back that was certainly not sent; no attempt is counted."""
        return await self._failures.release(prompt_id, token, reason)

    async def lose(self, worker_id: str) -> "list[Prompt]":
        """Record that a connection was lost: what it had not acknowledged is idle again, the rest uncertain."""
        return await self._leases.lose(worker_id)

    async def list_held(self, worker_id: str | None = None) -> "list[Lease]":
        """List the prompts that an extension holds, or all that are held or uncertain."""
        return await self._leases.list_held(worker_id)

    async def expire_leases(self) -> "list[Prompt]":
        """Lose the leases that were not extended in time."""
        return await self._leases.expire()

    async def limit_until(self, moment: datetime | None) -> None:
        """Send nothing before a moment: the rate limit of the page. None: it is over."""
        await self._control.limit_until(moment)


__all__ = ["SECTION", "Queue"]
