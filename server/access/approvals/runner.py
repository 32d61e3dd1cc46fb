"""Runs approved calls by sending them through the application again, on behalf of their client."""

from functools import partial

from server.access.approvals.approval import Approval, State
from server.access.approvals.service import Approvals
from server.access.clients.registry import Client, Clients
from server.access.clients.store import KEY_ENDED
from server.core.memory_budget import LARGE, MemoryBudget, Reservation
from server.core.tasks import Tasks
from server.http.in_process import APPROVAL, CLIENT, OPERATION, InProcessClient, InternalRequest, InternalResponse
from server.http.problem_details import read_detail

RUN = "run an approved call"
LOST = "It is not known how this ended. Look whether it happened before you repeat it."


class Runner:
    """Runs approved calls, each in a task of its own. Its row decides whether one begins."""

    def __init__(
        self, approvals: Approvals, clients: Clients, inside: InProcessClient, tasks: Tasks, memory: MemoryBudget
    ) -> None:
        self._memory = memory
        self._approvals = approvals
        self._clients = clients
        self._inside = inside
        self._tasks = tasks
        self._stopping = False

    async def resume(self) -> None:
        """At start: run the approved calls that had not begun."""
        for approval in await self._approvals.list_approved():
            self.start(approval)

    def start(self, approval: Approval) -> None:
        """Schedule an approved call. While the program stops it waits for the next start."""
        if not self._stopping:
            self._tasks.start(self._run(approval), name=RUN)

    async def stop(self, seconds: float = 3.0) -> None:
        """Start nothing any more, and wait some seconds for what runs."""
        self._stopping = True
        await self._tasks.wait(RUN, seconds)

    async def _run(self, approval: Approval) -> None:
        """Run an approved call. After a failure, such as a full disk, its row has the progress for the next start."""
        client = self._clients.find_by_credential(approval.credential)
        if client is None:
            await self._approvals.cancel(approval, KEY_ENDED, "Its key was revoked.", 401)
            return
        response = await self._send(approval, client)
        current = await self._approvals.find(approval.id)
        if current.state is State.approved and current.question == approval.question:  # it never reached the guard
            await self._approvals.cancel(current, read_detail(response.body) or LOST, status=max(response.status, 400))

    async def _make_room(self, reservation: Reservation, size: int) -> None:
        if size > LARGE:
            await self._memory.reserve(reservation, size, forever=True)
            reservation.is_large = True

    async def _send(self, approval: Approval, client: Client) -> InternalResponse:
        async with self._memory.request() as reservation:
            stored = await self._approvals.read_request(approval, partial(self._make_room, reservation))
            headers = (("content-type", stored.content_type),) if stored.content_type else ()
            request = InternalRequest(stored.method, stored.path, stored.query, stored.body, headers)
            return await self._inside.call(request, **{CLIENT: client, OPERATION: approval.operation, APPROVAL: approval})
