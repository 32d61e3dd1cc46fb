"""The queue: its rules over the store. What a method did is durable when it returns."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from server.integrations.queue.changes import Change, Changes
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
from server.integrations.queue.reading import Reading
from server.integrations.queue.states import State
from server.integrations.queue.store import approvals, chats, clients, control, decisions, failures, leases, ordering, prompts
from server.integrations.queue.store.claims import ABILITIES, Claim, Kind, find_next, lease_all
from server.integrations.queue.store.results import Completion, complete_all
from server.integrations.queue.store.rows import to_optional_moment, to_seconds
from server.integrations.queue.store.submissions import Submission, make_id, submit_all
from server.integrations.queue.store.summary import summarize
from server.integrations.queue.transactions import SECTION, Transactions
from server.integrations.queue.webhook_secret import make_secret
from server.sdk.context import Context

PAUSED = timedelta(seconds=1)  # between two looks whether the person still has all actions paused


class Queue:
    """Prompts from submission to their recorded result. Errors: NotFound, Conflict, InvalidInput, Unavailable.

    A `client_id` restricts a method to prompts of that client: those of others raise NotFound. None: the person.
    `list_browsers`: the capabilities of the browsers that are connected and can work.
    """

    def __init__(self, context: Context, list_browsers: Callable[[], Iterable[Collection[str]]] = lambda: (ABILITIES,)) -> None:
        self.context = context
        self.changes = Changes(context.events)
        self._transactions = transactions = Transactions(context, self.changes)
        self._reading = Reading(transactions, list_browsers)
        self._submissions, self._claims = transactions.batch(submit_all), transactions.batch(lease_all)
        self._completions = transactions.batch(complete_all)
        # claims the prompt that waits to be stored, if an extension is free
        self.on_submit: Callable[[], asyncio.Future[Prompt | None] | None] = lambda: None

    def read_settings(self) -> QueueSettings:
        """Read the settings in force."""
        return self._transactions.read_settings()

    async def submit(self, client: ClientRef, order: PromptOrder) -> Prompt:
        """Store a prompt. Raises Unavailable while the queue drains, InvalidInput for a webhook address that is not allowed."""
        if order.webhook_url:
            await prepare_webhook(self.context, order.webhook_url)
        call, depth = self._transactions.call(), self.context.webhooks.read_depth()
        stored = self._submissions.start(Submission(make_id(call.now), client, order, depth, call))
        claim = self.on_submit()
        prompt = await stored
        if claim:
            await asyncio.wait([claim])  # the extension has the prompt before the client has its answer
        return prompt

    async def read(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """Read a prompt with its answers, partial text and history."""
        return await self._transactions.read(prompts.read_prompt, prompt_id, client_id)

    async def wait_for_end(self, prompt_id: str, seconds: float, client_id: str | None = None) -> Prompt:
        """Read a prompt as soon as it has ended, at the latest after so many seconds."""
        return await self._reading.wait_for_end(prompt_id, seconds, client_id)

    async def list(self, selection: PromptFilter) -> Page[Prompt]:
        """List prompts, newest first."""
        return await self._transactions.read(prompts.list_prompts, selection)

    async def find_places(self, *listed: Prompt) -> Mapping[str, Place]:
        """Find the places in the queue of those prompts that wait, by their ids, and when their answers are expected."""
        return await self._reading.find_places(listed)

    async def chats(self, client_id: str | None = None, after: int = 0, limit: int = 1_000) -> Sequence[Chat]:
        """List chats, oldest first. `after`: the number of the last one of the page before."""
        return await self._transactions.read(chats.list_chats, client_id, after, limit)

    async def find_chat(self, chat_id: str, client_id: str | None = None) -> Chat:
        """Find a chat by ChatGPT's id of it."""
        return await self._transactions.read(chats.require_chat, client_id, chat_id)

    async def edit(
        self, prompt_id: str, message: str | None = None, priority: int | None = None, client_id: str | None = None
    ) -> Prompt:
        """Change the message or the priority of an idle prompt; higher is earlier. Inside a chat the order stays."""
        return await self._transactions.write(decisions.edit, prompt_id, message, priority, client_id)

    async def cancel(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """End a prompt that has not ended. Its extension is notified by the change; a late result is refused."""
        return await self._transactions.write(decisions.cancel, prompt_id, client_id)

    async def retry(self, prompt_id: str, client_id: str | None = None) -> Prompt:
        """Put a failed or cancelled prompt back into the queue."""
        return await self._transactions.write(decisions.retry, prompt_id, client_id)

    async def replay(
        self, prompt_id: str, lane: Lane = Lane.browser, model: str | None = None, client_id: str | None = None
    ) -> Prompt:
        """Put a prompt that has ended back into the queue for another answer; earlier answers are kept."""
        return await self._transactions.write(decisions.replay, prompt_id, lane, model, client_id)

    async def reorder(self, prompt_id: str, before: str | None, client_id: str | None = None) -> None:
        """Move an idle prompt before another idle one, or to the end."""
        await self._transactions.write(ordering.move_before, prompt_id, before, client_id)

    async def pause(self) -> None:
        """Send nothing until `resume`."""
        await self._control(paused=True)

    async def resume(self) -> None:
        """End a pause and draining."""
        await self._control(paused=False, draining=False)

    async def drain(self) -> None:
        """Accept no new prompt until `resume`; those that wait are sent."""
        await self._control(draining=True)

    async def summarize(self) -> QueueSummary:
        """Count prompts and read the state of the queue."""
        return await self._transactions.read(summarize, self._transactions.call())

    async def clients(self) -> Sequence[QueueClient]:
        """List the clients that have submitted something, with the person's answer."""
        return await self._transactions.read(clients.list_clients)

    async def set_approval(self, client_id: str, approved: bool, reason: str = "") -> int:
        """Store the person's answer for a client; a no fails its idle prompts. Return how many prompts it concerned."""
        count = await self._transactions.write(approvals.set_approval, client_id, approved)
        while not approved and len(await self._transactions.write(approvals.refuse_some, client_id, reason)):
            pass
        self.changes.publish()
        return count

    async def set_webhook(self, client: ClientRef, url: str) -> None:
        """Set the address to which the results of a client go; empty for none."""
        if url:
            await prepare_webhook(self.context, url)
        await self._transactions.write(approvals.set_webhook, client, url)

    async def revoke_clients(self, client_ids: Sequence[str]) -> None:
        """Send no prompt of clients any more that a browser gives back, and none of their results anywhere."""
        await self._transactions.write(clients.revoke_clients, client_ids)

    async def resolve(self, prompt_id: str, decision: Decision) -> Prompt:
        """Decide on an uncertain prompt."""
        return await self._transactions.write(decisions.resolve, prompt_id, decision)

    async def claim(self, worker_id: str, capabilities: Collection[str] = (), lane: Lane = Lane.browser) -> Lease | None:
        """Lease the prompt that is next, if one may be sent now. An extension may hold several; they are of different chats.

        `capabilities`: without "find" none that may be in its chat already, without "attachments" none that has some.
        """
        if self.context.is_paused():
            return None
        return Lease.of(await self.start_claim(worker_id, Kind.of(lane, capabilities)))

    def start_claim(self, worker_id: str, kind: Kind) -> "asyncio.Future[Prompt | None]":
        """Begin a claim, which is stored with what is submitted in the same step of the loop."""
        return self._claims.start(Claim(worker_id, kind, self._transactions.call()))

    async def next_claim_at(self, lane: Lane = Lane.browser, capabilities: Collection[str] = ABILITIES) -> datetime | None:
        """Read when a claim may succeed although nothing changes; None if only a change can help."""
        if self.context.is_paused():
            return self.context.clock.now() + PAUSED
        return to_optional_moment(
            await self._transactions.read(find_next, self._transactions.call(), Kind.of(lane, capabilities))
        )

    async def acknowledge(self, prompt_id: str, token: int, worker_id: str | None = None) -> Prompt:
        """Record that an extension begins, before it types. Of an uncertain prompt: its extension is back.

        `worker_id`: the connection that holds the lease from now on.
        """
        return await self._transactions.write(leases.acknowledge, prompt_id, token, worker_id)

    async def progress(self, prompt_id: str, token: int, text: str) -> None:
        """Record the whole partial text of an answer."""
        await self._transactions.write(leases.set_partial, prompt_id, token, text)
        self.changes.publish(Change(prompt_id, state=State.executing, partial=True))

    async def read_attachment(self, prompt_id: str, token: int, place: int, offset: int, most: int) -> bytes:
        """Read a piece of a file for the extension that holds the prompt."""
        return await self._reading.read_attachment(prompt_id, token, place, offset, most)

    async def heartbeat(self, worker_id: str) -> None:
        """Extend the leases of an extension."""
        await self._transactions.write(leases.extend, worker_id)

    async def complete(self, prompt_id: str, token: int, result: PromptResult) -> Prompt:
        """Record the answer, the chat and the webhook. The same result again changes nothing and raises nothing."""
        return await self._completions.call(Completion(prompt_id, token, result, self._transactions.call()))

    async def fail(self, prompt_id: str, token: int, failure: PromptFailure) -> Prompt:
        """Record a failure: tried again if the message was not sent and attempts are left."""
        return await self._transactions.write(failures.fail, prompt_id, token, failure)

    async def release(self, prompt_id: str, token: int, reason: str = "") -> Prompt:
        """Give a prompt back that was certainly not sent; no attempt is counted."""
        return await self._transactions.write(failures.release, prompt_id, token, reason)

    async def lose(self, worker_id: str) -> Sequence[Prompt]:
        """Record that a connection was lost: what it had not acknowledged is idle again, the rest uncertain."""
        return await self._transactions.write(leases.lose_worker, worker_id)

    async def list_held(self, worker_id: str | None = None) -> Sequence[Lease]:
        """List the prompts that an extension holds, or all that are held or uncertain."""
        held = await self._transactions.read(leases.list_held, worker_id)
        return [Lease(prompt, prompt.token, prompt.expires_at or prompt.queued_at) for prompt in held]

    async def expire_leases(self) -> Sequence[Prompt]:
        """Lose the leases that were not extended in time."""
        if not await self._transactions.read(leases.list_expired, self._transactions.call().now):
            return []
        return await self._transactions.write(leases.lose_expired)

    async def limit_until(self, moment: datetime | None) -> None:
        """Send nothing before a moment: the rate limit of the page. None: it is over."""
        await self._control(limit_until=to_seconds(moment))

    async def _control(self, **values: object) -> None:
        await self._transactions.write(control.change_control, values)
        self.changes.publish()


async def prepare_webhook(context: Context, url: str) -> None:
    """Check the address of a webhook, and make the secret that signs it."""
    context.webhooks.check(url)
    await make_secret(context.secrets)


__all__ = ["SECTION", "Queue"]
