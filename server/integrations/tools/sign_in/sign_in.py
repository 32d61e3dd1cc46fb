"""Sign-in at one server: what was granted, and whether the server wants another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from server.core.command import format_command
from server.core.errors import DeskhandError, SignInNeeded, Unavailable
from server.integrations.tools.sign_in.pending import Pending
from server.integrations.tools.sign_in.stored import Grant, GrantStore

UNAUTHORIZED = 401
NEEDED = "“{title}” needs you to sign in. Choose Sign in in Deskhand's window, or run `{command}`."
MORE_NEEDED = "“{title}” needs more permissions for that. Choose Sign in in Deskhand's window, or run `{command}`."
NOT_RENEWED = "“{title}” did not renew your sign-in just now: {problem}"


@dataclass(frozen=True)
class Refusal:
    """Answer of a server that wants a token, or one with more scopes. `protocol`: revision of MCP that it was asked in."""

    status: int
    challenge: str = field(default="", repr=False)
    protocol: str = ""


class SignIn:
    """State of the sign-in at one server, shared by its sessions and by the person's sign-in.

    `registration`: redirect URI and client as it was registered last, in this process. `problem`: why the token could not be
    renewed. `error`: why the last sign-in failed. `pending`: the one that waits for the person.
    """

    def __init__(self, store: GrantStore, server_id: str, title: str, binding: str, on_change: Callable[[], None]) -> None:
        self._store, self.server_id, self.title, self.binding, self._on_change = store, server_id, title, binding, on_change
        self._lock = asyncio.Lock()
        self.grant: Grant | None = None
        self.registration: tuple[str, dict[str, object]] | None = None
        self.refusal: Refusal | None = None
        self.problem = self.error = ""
        self.pending: Pending | None = None
        self.is_forgotten = False

    @property
    def page(self) -> str:
        """The page that waits for the person, if there is one."""
        return self.pending.page.result() if self.pending and self.pending.page.done() else ""

    @property
    def is_signed_in(self) -> bool:
        return self.grant is not None

    async def load(self) -> None:
        """Read what was granted."""
        self.grant = await self._store.read(self.server_id, self.binding)

    async def save(self, grant: Grant) -> None:
        """Store what was granted, unless the person has signed out meanwhile."""
        async with self._lock:
            if not self.is_forgotten:
                self.grant = grant
                await self._store.write(self.server_id, grant)
        self._on_change()

    async def forget(self) -> None:
        """Forget tokens and registration, also those that a refresh brings later."""
        self.is_forgotten = True
        async with self._lock:
            self.grant = self.registration = self.refusal = None
            await self._store.delete(self.server_id)
        self._on_change()

    def note_refusal(self, refusal: Refusal, problem: str = "") -> None:
        """Note that the server wants a sign-in. `problem`: why the token could not be renewed, if it may work later."""
        changed = self.refusal is None
        self.refusal, self.problem = refusal, problem
        if changed:
            self._on_change()

    def note_success(self) -> None:
        """Note that the server accepts the sign-in."""
        if self.refusal is not None:
            self.refusal, self.problem = None, ""
            self._on_change()

    def explain(self, status: int) -> DeskhandError | None:
        """Return the error of a request that failed with this status; None if it is not about the sign-in.

        After 401 the SDK tries an older revision of MCP, which the server may answer with another status.
        """
        if self.refusal is None or self.refusal.status not in {status, UNAUTHORIZED}:
            return None
        if self.problem:
            return Unavailable(NOT_RENEWED.format(title=self.title, problem=self.problem))
        sentence = NEEDED if self.refusal.status == UNAUTHORIZED else MORE_NEEDED
        return SignInNeeded(sentence.format(title=self.title, command=format_command(f"tools sign-in {self.server_id}")))
