"""Puts kept calls to the person, and takes their word."""

import asyncio
import logging

from server.access.approvals.approval import PREFIX, Approval, say_minutes
from server.access.approvals.runner import Runner
from server.access.approvals.service import Approvals
from server.access.clients.client import Change, Policy
from server.access.clients.registry import Clients
from server.access.clients.store import KEY_ENDED
from server.access.pause import Pause
from server.core.errors import DeskhandError, InvalidInput, NotFound, Unavailable
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest

log = logging.getLogger(__name__)

PAUSED = "All actions are paused, so nothing can be allowed now. Resume first; the question waits."


class CallAsker:
    """Asks about calls."""

    prefix = PREFIX

    def __init__(self, approvals: Approvals, runner: Runner, clients: Clients, pause: Pause) -> None:
        self._approvals = approvals
        self._runner = runner
        self._clients = clients
        self._pause = pause
        self._reviewing: set[asyncio.Task[None]] = set()
        clients.on_change.append(self._review_soon)

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the calls that wait."""
        return [one.ask() for one in await self._approvals.list_pending()]

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:  # noqa: ARG002, calls need no code
        """Take the person's yes. Raises Unavailable while all is paused: the question goes on waiting."""
        one = await self._approvals.find_question(question_id)
        if extent not in one.extents:
            told = ", ".join(one.extents)
            raise InvalidInput(f"This cannot be allowed that far. It can be allowed: {told}.")
        if self._pause.until is not None:
            raise Unavailable(PAUSED)
        if not await self._review(one):
            raise NotFound("The client that asked for this may not do it any more, so nothing is done.")
        self._runner.start(await self._approvals.approve(one, extent))
        if extent is ApprovalDuration.always:
            await self._clients.change(one.client_name, Change(policies={one.operation: Policy.allow}))
        return f"{one.client_name} may {one.effect.sentence}{self._say_extent(extent)}."

    async def deny(self, question_id: str, reason: str) -> str:
        """Take the person's no."""
        one = await self._approvals.find_question(question_id)
        await self._approvals.deny(one, reason.strip())
        return f"{one.client_name} may not {one.effect.sentence}. It is told so."

    async def review(self) -> None:
        """End at once what a client may not do any more: after every change of the clients."""
        try:
            for one in await self._approvals.list_pending():
                await self._review(one)
        except DeskhandError:  # it is looked at again before it runs
            log.exception("It could not be looked after a change what may still be asked.")

    def _review_soon(self) -> None:
        task = asyncio.create_task(self.review())
        self._reviewing.add(task)
        task.add_done_callback(self._reviewing.discard)

    async def _review(self, one: Approval) -> bool:
        """Whether its client may still do it; else it is ended."""
        client = self._clients.recall(one.credential)
        if client is None:
            await self._approvals.cancel(one, KEY_ENDED, "Its key was ended.", 401)
        elif one.scope and one.scope not in client.scopes:
            told = f"The client {client.name!r} may not use {one.operation} any more: it lacks the scope {one.scope}."
            await self._approvals.cancel(one, told, "Its scope was taken away.")
        elif client.policies.get(one.operation) is Policy.deny:
            told = f"The person at this computer has switched {one.operation} off for {client.name!r}."
            await self._approvals.cancel(one, told, "You denied it to this client.")
        else:
            return True
        return False

    def _say_extent(self, extent: ApprovalDuration) -> str:
        minutes = say_minutes(self._approvals.settings.allowance_minutes)
        return {
            ApprovalDuration.once: "",
            ApprovalDuration.quarter: f", and all of that kind for {minutes}",
            ApprovalDuration.recipients: ", and write to these recipients from now on",
            ApprovalDuration.always: ", and all of that kind from now on",
        }[extent]
