"""Withdrawal: what a client has in the queue is cancelled when it is revoked, loses its scope, or is denied `submit_prompt`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from server.core.errors import Conflict, NotFound
from server.integrations.queue.approval import OPERATION
from server.integrations.queue.changes import Change
from server.integrations.queue.models import PromptFilter
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import WAITING, State
from server.sdk.context import Context

SCOPE = "write:queue"
AT_ONCE = 100  # prompts that are read at once


class Withdrawal:
    """Cancels prompts that were not begun, or that a browser gives back.

    ChatGPT still answers the others, but a revoked client gets no result of them.
    """

    def __init__(self, context: Context, queue: Queue) -> None:
        self._context, self._queue = context, queue
        self._is_due = False
        self._excluded: set[str] = set()
        self._revoked: set[str] = set()  # clients of whom the queue knows that they are

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the changes of clients inside the `with`, beginning with those since the last run."""
        callbacks = self._context.admit.on_change
        callbacks.append(self._start)
        try:
            with self._queue.changes.listening(self._take_change):
                await self.withdraw()
                yield
        finally:
            callbacks.remove(self._start)

    async def withdraw(self) -> None:
        """Cancel the prompts of clients that may not submit any."""
        self._is_due = False
        admit = self._context.admit
        self._excluded = await admit.list_excluded(SCOPE, OPERATION)
        revoked = await admit.list_revoked()
        clients = await self._queue.clients()  # afterwards, so that what is given back meanwhile is seen here or as a change
        if newly_revoked := [client.id for client in clients if client.id in revoked - self._revoked]:
            await self._queue.revoke_clients(newly_revoked)
            self._revoked.update(newly_revoked)
        for client in clients:
            if client.waiting and client.id in self._excluded:
                await self._cancel_all(client.id)

    def _take_change(self, change: Change) -> None:
        """Withdraw a prompt that a browser gives back."""
        if change.state is State.idle and change.client_id in self._excluded:
            self._start()

    def _start(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._context.tasks.start(self.withdraw(), name="cancel the prompts of a client")

    async def _cancel_all(self, client_id: str) -> None:
        selection = PromptFilter(client_id=client_id, states=WAITING, limit=AT_ONCE, count=False)
        cancelled = True
        while cancelled:
            cancelled = False
            for prompt in (await self._queue.list(selection)).items:
                with suppress(Conflict, NotFound):  # it has just begun, or ended
                    await self._queue.cancel(prompt.id)
                    cancelled = True
