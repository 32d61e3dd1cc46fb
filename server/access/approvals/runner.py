"""Runs approved calls by sending them through the application again, on behalf of their client."""

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
    """Runs approved calls, each in a task of its own. Its row decides whether one begins."""

    def __init__(self, approvals: Approvals, clients: Clients, inside: InProcessClient) -> None:
        self._approvals = approvals
        self._clients = clients
        self._inside = inside
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def resume(self) -> None:
        """At start: run the approved calls that had not begun."""
        for approval in await self._approvals.list_approved():
            self.start(approval)

    def start(self, approval: Approval) -> None:
        """Schedule an approved call. While the program stops it waits for the next start."""
        if self._stopping:
            return
        task = asyncio.create_task(self._run(approval))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self, seconds: float = 3.0) -> None:
        """Start nothing any more, and wait some seconds for what runs."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _run(self, approval: Approval) -> None:
        try:
            client = self._clients.find_by_credential(approval.credential)
            if client is None:
                await self._approvals.cancel(approval, KEY_ENDED, "Its key was ended.", 401)
                return
            await self._cancel_unstarted(approval, await self._send(approval, client))
        except DeskhandError:  # such as a full disk; its row says at the next start how far it came
            log.exception("A call that was approved could not be run.")

    async def _send(self, approval: Approval, client: Client) -> InternalResponse:
        stored = await self._approvals.read_request(approval)
        headers = (("content-type", stored.content_type),) if stored.content_type else ()
        request = InternalRequest(stored.method, stored.path, stored.query, stored.body, headers)
        return await self._inside.call(request, **{CLIENT: client, OPERATION: approval.operation, APPROVAL: approval})

    async def _cancel_unstarted(self, approval: Approval, response: InternalResponse) -> None:
        """Cancel a call that never reached the guard, such as one to an address that does not exist any more."""
        current = await self._approvals.find(approval.id)
        if current.state is State.approved and current.question == approval.question:
            await self._approvals.cancel(current, read_detail(response.body) or LOST, status=max(response.status, 400))
