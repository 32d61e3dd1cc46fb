"""Checks of a call against its client, the policies and the pause, as they are at that moment."""

from dataclasses import dataclass
from typing import NoReturn

from server.access.clients.allowances import ENDED, Allowance
from server.access.clients.client import Client, Policy
from server.access.clients.registry import Clients
from server.access.clients.store import KEY_ENDED
from server.access.guard.record import CallRecord
from server.access.pause import Pause
from server.core.errors import Forbidden, NotAuthenticated, Unavailable
from server.sdk.operation import Operation

KEY_WAS_ENDED = "Its key was revoked."
CALLERS_ASK = (
    "The person at this computer has not allowed {} for callers with a token of their own, who cannot be asked about. "
    "They can do that in Deskhand's window, under Access."
)
NEVER_ASKS = (
    "The person at this computer has not allowed {} for {!r}, and calls of it cannot wait for their approval. "
    "They can allow it in Deskhand's window, under Access."
)
ALLOWANCE_ENDED = "You had just removed the permission."
BLOCKED = "{} is blocked for {!r}. The person at this computer can allow it in Deskhand's window, under Access."


@dataclass(frozen=True)
class Permissions:
    """Permissions of one call. They are checked again after each wait, during which the person may change them.

    `approved`: the person has approved this very call.
    """

    clients: Clients
    pause: Pause
    record: CallRecord
    approved: bool

    def check(self) -> Policy:
        """Check the credential, scope, policy and pause; note why it is allowed. Raises as `require` does."""
        policy = self.require()
        if policy is Policy.allow and not self.approved:
            operation = self.record.operation
            self.record.allow("You allowed it." if operation.name in self.record.client.policies else describe_default(operation))
        return policy

    def require(self) -> Policy:
        """Check what a call needs whatever its arguments are. Raises NotAuthenticated, Forbidden or Unavailable."""
        record = self.record
        client = self.clients.refresh(record.client)
        if client is None:
            record.refuse(KEY_WAS_ENDED)
            raise NotAuthenticated(KEY_ENDED)
        record.client = client
        self.check_scope()
        policy = record.client.policy_for(record.operation)
        if policy is Policy.deny:
            self._refuse_policy()
        if record.operation.changes or record.operation.ingests:
            try:
                self.pause.check()
            except Unavailable:
                record.pause()
                raise
        return policy

    def check_scope(self) -> None:
        """Raises Forbidden if the client lacks the operation's scope."""
        client, operation = self.record.client, self.record.operation
        if operation.scope and operation.scope not in client.scopes:
            self.record.refuse("The scope is missing.")
            raise missing_scope(client, operation.name, operation.scope)

    def require_asking(self, *, has_token: bool) -> None:
        """Raises Forbidden if the person cannot be asked about the call. `has_token`: its caller has one of their own."""
        if has_token:  # what waits would have to store it
            self.record.refuse("It is not allowed for callers with a token of their own.")
            raise Forbidden(CALLERS_ASK.format(self.record.operation.name))

    def require_allowance(self, allowance: Allowance | None) -> None:
        """Raises Forbidden if a call that was allowed would have to be asked about now."""
        if allowance is None:
            self.record.refuse("You had just changed the permission.")
            raise Forbidden("The person at this computer has just changed what is allowed. Send it again and they are asked.")

    def require_held(self, allowance: Allowance | None, held: list[Allowance]) -> None:
        """The same; raises Forbidden also if the allowance is not among those that hold."""
        self.require_allowance(allowance)
        if allowance not in held:
            self.record.refuse(ALLOWANCE_ENDED)
            raise Forbidden(ENDED)

    def _refuse_policy(self) -> NoReturn:
        operation, client = self.record.operation, self.record.client
        if operation.asks:
            self.record.refuse("You denied it to this client.")
            raise Forbidden(BLOCKED.format(operation.name, client.name))
        self.record.refuse("It is not allowed, and its clients cannot be told that you are asked.")
        raise Forbidden(NEVER_ASKS.format(operation.name, client.name))


def missing_scope(client: Client, operation: str, scope: str) -> Forbidden:
    """Refusal of a client that lacks a scope."""
    return Forbidden(
        f"The client {client.name!r} may not use {operation}: it lacks the scope {scope}. "
        "The person at this computer can give it in Deskhand's window, under Access."
    )


def describe_default(operation: Operation) -> str:
    """Describe in a sentence why an operation is allowed by default."""
    if operation.ingests:
        return "Keeping what it hands over is allowed."
    return "You trust it." if operation.changes else "Reading is allowed."
