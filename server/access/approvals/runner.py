"""Runs what was approved, by walking the whole way again for the client that asked."""

import asyncio
import logging

from server.access.approvals.approval import Approval, State
from server.access.approvals.service import Approvals
from server.access.clients.registry import Client, Clients
from server.access.clients.store import KEY_ENDED
from server.core.errors import DeskhandError
from server.http.in_process import APPROVAL, CLIENT, OPERATION, InProcessClient, InternalRequest, InternalResponse
from server.http.problem_details import read_detail

log = logging.getLogger(__name__)

LOST = "It is not known how this ended. Look whether it happened before you repeat it."


class Runner:
    """Runs kept calls, each in a task of its own. Which of them begins is decided by its row."""

    def __init__(self, approvals: Approvals, clients: Clients, inside: InProcessClient) -> None:
        self._approvals = approvals
        self._clients = clients
        self._inside = inside
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def resume(self) -> None:
        """At start: run what was approved and had not begun."""
        for one in await self._approvals.take_approved():
            self.start(one)

    def start(self, one: Approval) -> None:
        """Have one run soon. While the program stops it waits for the next start."""
        if self._stopping:
            return
        task = asyncio.create_task(self._run(one))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self, seconds: float = 3.0) -> None:
        """Let nothing begin any more, and wait a little for what runs."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _run(self, one: Approval) -> None:
        try:
            client = self._clients.recall(one.credential)
            if client is None:
                await self._approvals.cancel(one, KEY_ENDED, "Its key was ended.", 401)
                return
            await self._close(one, await self._send(one, client))
        except DeskhandError:  # such as a full disk; its row says at the next start how far it came
            log.exception("A call that was approved could not be run.")

    async def _send(self, one: Approval, client: Client) -> InternalResponse:
        kept = await self._approvals.read_request(one)
        headers = (("content-type", kept.content_type),) if kept.content_type else ()
        letter = InternalRequest(kept.method, kept.path, kept.query, kept.body, headers)
        return await self._inside.call(letter, **{CLIENT: client, OPERATION: one.operation, APPROVAL: one})

    async def _close(self, one: Approval, reply: InternalResponse) -> None:
        """Where the way ended before the guard could say how, such as at an address that is not there any more."""
        found = await self._approvals.find(one.id)
        if found.state is State.approved and found.question == one.question:
            await self._approvals.cancel(found, read_detail(reply.body) or LOST, status=max(reply.status, 400))
