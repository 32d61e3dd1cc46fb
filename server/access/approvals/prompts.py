"""Prompts the person about calls and records the decisions."""

from server.access.activity.entry import Outcome
from server.access.approvals.approval import PREFIX, Approval, State, say_minutes
from server.access.approvals.runner import Runner
from server.access.approvals.service import Approvals
from server.access.clients.client import Policy
from server.access.clients.registry import Clients
from server.access.clients.store import KEY_ENDED
from server.access.pause import Pause
from server.core.errors import InvalidInput, NotFound, Unavailable
from server.core.sentences import describe_outcome
from server.core.tasks import Tasks
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest

PAUSED = "Deskhand is paused. Resume to approve; the request stays here."
OUTCOMES = {
    State.pending: Outcome.waiting,  # its effect changed meanwhile
    State.approved: Outcome.running,
    State.running: Outcome.running,
    State.done: Outcome.done,
    State.failed: Outcome.failed,
    State.uncertain: Outcome.uncertain,
    State.cancelled: Outcome.refused,
}


class CallPrompts:
    """Source of the questions about calls."""

    prefix = PREFIX

    def __init__(self, approvals: Approvals, runner: Runner, clients: Clients, pause: Pause, tasks: Tasks) -> None:
        self._approvals = approvals
        self._runner = runner
        self._clients = clients
        self._pause = pause
        clients.on_change.append(lambda: tasks.start(self.review(), name="review the approval requests"))

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the pending calls."""
        return [approval.ask() for approval in await self._approvals.list_pending()]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:  # noqa: ARG002, calls need no code
        """Record an approval. Raises Unavailable while paused; the request stays pending."""
        approval = await self._approvals.find_pending(question_id)
        if extent not in approval.extents:
            possible = ", ".join(approval.extents)
            raise InvalidInput(f"This duration is not available. Choose one of: {possible}.")
        if self._pause.until is not None:
            raise Unavailable(PAUSED)
        if not await self._review(approval):
            raise NotFound("The client no longer has this permission, so nothing was done.")
        approved = await self._approvals.approve(approval, extent)
        self._runner.start(approved)
        if extent is ApprovalDuration.always:
            await self._clients.reload()
        ended = await self._approvals.wait_for_end(approved)
        return f"{ended.client_name} {describe_outcome(ended.effect.sentence, OUTCOMES[ended.state])}.{self._say_extent(extent)}"

    async def deny(self, question_id: str, reason: str) -> str:
        """Record a denial."""
        approval = await self._approvals.find_pending(question_id)
        await self._approvals.deny(approval, reason.strip())
        return f"Denied. {approval.client_name} will see {'your reason' if reason.strip() else 'that you denied it'}."

    async def review(self) -> None:
        """Cancel pending calls that their client may not make any more; runs after every change of the clients."""
        for approval in await self._approvals.list_pending():
            await self._review(approval)

    async def _review(self, approval: Approval) -> bool:
        """Cancel a call that its client may not make any more. Answers whether it may."""
        client = self._clients.find_by_credential(approval.credential)
        if client is None:
            await self._approvals.cancel(approval, KEY_ENDED, "Its key was revoked.", 401)
        elif approval.scope and approval.scope not in client.scopes:
            detail = f"The client {client.name!r} may not use {approval.operation} any more: it lacks the scope {approval.scope}."
            await self._approvals.cancel(approval, detail, "Its permission was removed.")
        elif client.policies.get(approval.operation) is Policy.deny:
            detail = f"The person at this computer has switched {approval.operation} off for {client.name!r}."
            await self._approvals.cancel(approval, detail, "You denied it to this client.")
        else:
            return True
        return False

    def _say_extent(self, extent: ApprovalDuration) -> str:
        minutes = say_minutes(self._approvals.settings.allowance_minutes)
        return {
            ApprovalDuration.once: "",
            ApprovalDuration.temporary: f" Similar requests are allowed for {minutes}.",
            ApprovalDuration.recipients: " These recipients are always allowed from now on.",
            ApprovalDuration.always: " Similar requests are always allowed from now on.",
        }[extent]
