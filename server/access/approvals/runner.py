"""Runs what was approved, by walking the whole way again for the client that asked."""

from server.access.approvals.approval import Approval, State
from server.access.approvals.service import Approvals
from server.access.clients.registry import Client, Clients
from server.access.clients.store import KEY_ENDED
from server.core.tasks import Tasks
from server.http.in_process import APPROVAL, CLIENT, OPERATION, InProcessClient, InternalRequest, InternalResponse
from server.http.problem_details import read_detail

RUN = "run an approved call"
LOST = "It is not known how this ended. Look whether it happened before you repeat it."


class Runner:
    """Runs kept calls, each in a task of its own. Which of them begins is decided by its row."""

    def __init__(self, approvals: Approvals, clients: Clients, inside: InProcessClient, tasks: Tasks) -> None:
        self._approvals = approvals
        self._clients = clients
        self._inside = inside
        self._tasks = tasks
        self._stopping = False

    async def resume(self) -> None:
        """At start: run what was approved and had not begun."""
        for one in await self._approvals.take_approved():
            self.start(one)

    def start(self, one: Approval) -> None:
        """Have one run soon. While the program stops it waits for the next start."""
        if not self._stopping:
            self._tasks.start(self._run(one), name=RUN)

    async def stop(self, seconds: float = 3.0) -> None:
        """Let nothing begin any more, and wait a little for what runs."""
        self._stopping = True
        await self._tasks.wait(RUN, seconds)

    async def _run(self, one: Approval) -> None:
        """Run one. After a failure, such as a full disk, its row says at the next start how far it came."""
        client = self._clients.recall(one.credential)
        if client is None:
            await self._approvals.cancel(one, KEY_ENDED, "Its key was ended.", 401)
            return
        await self._close(one, await self._send(one, client))

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
