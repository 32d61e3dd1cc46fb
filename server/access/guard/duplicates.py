"""Answers to a call that was made before: with the same Idempotency-Key, or with the same arguments a short while ago."""

from dataclasses import dataclass

from fastapi import Response
from starlette.datastructures import Headers

from server.access.activity.entry import Outcome
from server.access.activity.log import Activity, IdempotencyRecord
from server.access.approvals import responses
from server.access.approvals.approval import Approval
from server.access.approvals.service import Approvals
from server.access.clients.client import Policy
from server.access.guard.record import CallRecord
from server.access.guard.request import prefers_async
from server.core.errors import Conflict, InvalidInput
from server.core.memory_budget import current
from server.http.problem_details import PROBLEM_TYPE

UNCERTAIN = (
    "Deskhand stopped while it ran this call, so nobody knows how far it came. "
    "Look whether it happened, and then send it with a new Idempotency-Key."
)
LOST = "It could not be stored how this call ended. Look whether it happened, and then send it with a new Idempotency-Key."


@dataclass(frozen=True)
class Duplicates:
    """Earlier calls that are the same. `key`: the Idempotency-Key; `digest`: of client, operation and arguments."""

    activity: Activity
    approvals: Approvals
    record: CallRecord
    headers: Headers
    digest: str
    key: str | None

    async def find(self) -> Response | None:
        """Answer with what the same call has now, if there was one: by its Idempotency-Key, else by its digest."""
        client = self.record.client
        if self.key is not None:
            stored = await self.activity.find_idempotency_record(client.id, self.key)
            return await self.answer(stored) if stored else None
        if client.policy_for(self.record.operation) is Policy.allow:
            return None  # looked for in the transaction that begins it, at no cost
        same = await self.approvals.find_duplicate(client.id, self.digest)
        return await self.answer(same) if same else None

    async def answer(self, previous: IdempotencyRecord | Approval) -> Response:
        """Answer with what an earlier call has now."""
        return await (self._join(previous) if isinstance(previous, Approval) else self._replay(previous))

    async def wait(self, approval: Approval) -> Response:
        """Wait for the person as long as the client can, and answer with what the approval has then."""
        reservation = current.get()  # a large call is not kept in memory while the person decides
        at_once = prefers_async(self.headers) or (reservation is not None and reservation.is_large)
        return responses.answer(await self.approvals.wait(approval, at_once=at_once), preferred=at_once)

    async def _join(self, approval: Approval) -> Response:
        self.record.replay(f"Duplicate of request {approval.activity_id}.")
        response = await self.wait(approval)
        if response.status_code != 202:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    async def _replay(self, previous: IdempotencyRecord) -> Response:
        self.record.replay(f"Same Idempotency-Key as request {previous.activity_id}.")
        if previous.hash != self.digest:
            raise InvalidInput("This Idempotency-Key was used for another request. Choose a new one for each new request.")
        if previous.outcome is Outcome.uncertain and previous.status is None:
            raise Conflict(UNCERTAIN)
        if self.activity.is_lost(previous.activity_id):
            raise Conflict(LOST)
        waiting = previous.outcome is Outcome.waiting
        if waiting and (approval := await self.approvals.find_by_activity(previous.activity_id)):
            return await self.wait(approval)
        if previous.status is None or previous.body is None:
            raise Conflict("This call is running still. Ask again in a moment.", retry_after=1)
        media_type = "application/json" if previous.status < 400 else PROBLEM_TYPE
        return Response(previous.body, previous.status, {"Idempotent-Replayed": "true"}, media_type=media_type)
