"""An account that is open for a call: what the call may do there, and its way to Gmail."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from server.core.errors import DeskhandError, Forbidden, NotFound, SignInNeeded
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.adapter.google import Answer, Line
from server.sdk.operation import require_still_allowed

LANES = 5  # connections for many readings at once
SCOPE = "https://www.googleapis.com/auth/gmail."
FULL_SCOPE = "https://mail.google.com/"
REQUESTED = (f"{SCOPE}readonly", f"{SCOPE}compose", f"{SCOPE}modify")


class Permission(Enum):
    """What an operation needs: the scopes of which any one will do, and how Google names it to the person."""

    read = frozenset({f"{SCOPE}readonly", f"{SCOPE}modify", FULL_SCOPE}), "View your email messages and settings"
    send = frozenset({f"{SCOPE}compose", f"{SCOPE}modify", FULL_SCOPE}), "Manage drafts and send emails"
    change = frozenset({f"{SCOPE}modify", FULL_SCOPE}), "Read, compose, and send emails from your Gmail account"

    @property
    def title(self) -> str:
        return self.value[1]

    def granted(self, scopes: Iterable[str]) -> bool:
        """Whether these scopes hold it."""
        return bool(self.value[0] & set(scopes))


@dataclass(frozen=True)
class Session:
    """An open account: calls of Gmail's API go through here. A token that Google refuses is renewed once."""

    accounts: Accounts
    address: str

    async def read(self, method: str, **arguments: Any) -> Answer:
        """Call a method that only reads; it is tried again when it fails."""
        return checked(await self._call_each(method, [arguments], self.accounts.settings.read_retries))[0]

    async def read_each(self, method: str, calls: Sequence[Mapping[str, Any]]) -> list[Answer | None]:
        """Call a reading method many times, in a few threads. What is not there any more is None."""
        lanes = [calls[lane::LANES] for lane in range(LANES) if calls[lane::LANES]]
        retries = self.accounts.settings.read_retries
        results = await asyncio.gather(*(self._call_each(method, lane, retries) for lane in lanes))
        answers: list[Answer | None] = [None] * len(calls)
        for lane, found in enumerate(results):
            present: list[Answer | DeskhandError | None] = [None if isinstance(one, NotFound) else one for one in found]
            answers[lane::LANES] = [None if one is None else checked([one])[0] for one in present]
        return answers

    async def change(self, method: str, **arguments: Any) -> Answer:
        """Call a method that changes something, once."""
        return checked(await self._call_each(method, [arguments], 0))[0]

    async def keep_draft(self, content: bytes, thread_id: str | None = None, draft_id: str | None = None) -> Answer:
        """Make a draft of a mail, or replace one."""

        async def attempt(token: str) -> list[Answer | DeskhandError]:
            line = self._line(token, 0)
            return [await self.accounts.run(self.accounts.google.keep_draft, line, content, thread_id, draft_id)]

        return checked(await self._with_token(attempt))[0]

    async def send_draft(self, content: bytes, thread_id: str | None, draft_id: str) -> Answer:
        """Send this mail in the place of a draft, once."""

        async def attempt(token: str) -> list[Answer | DeskhandError]:
            await require_still_allowed()  # to get a token may have taken its time
            line = self._line(token, 0)
            return [await self.accounts.run(self.accounts.google.send_draft, line, content, thread_id, draft_id)]

        return checked(await self._with_token(attempt))[0]

    async def _call_each(self, method: str, calls: Sequence[Mapping[str, Any]], retries: int) -> list[Answer | DeskhandError]:
        async def attempt(token: str) -> list[Answer | DeskhandError]:
            return await self.accounts.run(self.accounts.google.call_each, self._line(token, retries), method, calls)

        return await self._with_token(attempt)

    async def _with_token(self, attempt: Callable[[str], Any]) -> list[Answer | DeskhandError]:
        token = await self.accounts.token(self.address)
        results: list[Answer | DeskhandError] = await attempt(token)
        if any(isinstance(one, SignInNeeded) for one in results):  # Google refused it before it did anything
            token = await self.accounts.token(self.address, instead_of=token)
            results = await attempt(token)
            if any(isinstance(one, SignInNeeded) for one in results):
                raise await self.accounts.mark(self.address, f"Google refuses the sign-in of {self.address}. Sign in again.")
        return results

    def _line(self, token: str, retries: int) -> Line:
        return Line(self.accounts.endpoints.api, token, self.accounts.settings.timeout_seconds, retries)


def checked(results: list[Answer | DeskhandError]) -> list[Answer]:
    """The answers; raises the first failure."""
    answers = []
    for one in results:
        if isinstance(one, DeskhandError):
            raise one
        answers.append(one)
    return answers


def open_session(accounts: Accounts, account: str | None, *needs: Permission) -> Session:
    """Open an account for a call. NotFound: no such account; Forbidden: not granted; SignInNeeded: not signed in."""
    found = accounts.find(account)
    if found.problem:
        raise SignInNeeded(found.problem)
    for permission in needs:
        if not permission.granted(found.scopes):
            raise Forbidden(
                f'{found.address} was signed in without the permission "{permission.title}". '
                "Open Deskhand's window, choose Sign in and tick it."
            )
    return Session(accounts, found.address)
