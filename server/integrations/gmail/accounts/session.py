"""An account opened for a call, with its permissions checked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from server.core.errors import (
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotFound,
    SignInNeeded,
    TooLarge,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.gmail.accounts.accounts import Accounts, Results
from server.integrations.gmail.adapter.google import Answer, CallOptions, Result
from server.sdk.operation import require_no_preview, require_still_allowed

WORKERS = 5  # connections that share many reads
OF_ONE_CALL = (InvalidInput, TooLarge, UpstreamFailed, UpstreamTimedOut)  # failures after which others may succeed
SCOPE = "https://www.googleapis.com/auth/gmail."
FULL_SCOPE = "https://mail.google.com/"
REQUESTED = (f"{SCOPE}readonly", f"{SCOPE}compose", f"{SCOPE}modify")


class Permission(Enum):
    """Permission that an operation needs: the scopes that contain it, and Google's name for it."""

    read = frozenset({f"{SCOPE}readonly", f"{SCOPE}modify", FULL_SCOPE}), "View your email messages and settings"
    send = frozenset({f"{SCOPE}compose", f"{SCOPE}modify", FULL_SCOPE}), "Manage drafts and send emails"
    change = frozenset({f"{SCOPE}modify", FULL_SCOPE}), "Read, compose, and send emails from your Gmail account"

    @property
    def title(self) -> str:
        return self.value[1]

    def granted(self, scopes: Iterable[str]) -> bool:
        """Check whether these scopes contain it."""
        return bool(self.value[0] & set(scopes))


@dataclass(frozen=True)
class Session:
    """An open account: calls of Gmail's API go through here. A token that Google refuses is renewed once.

    A preview may read: this is the person's own account, at an address that no caller chooses. It may not change anything.
    """

    accounts: Accounts
    address: str

    async def read(self, method: str, **arguments: Any) -> Answer:
        """Call a method that only reads; it is retried if it fails."""
        return checked(await self._call_each(method, [arguments], retry=True))[0]

    async def read_each(self, method: str, calls: Sequence[Mapping[str, Any]]) -> list[Answer | DeskhandError | None]:
        """Call a reading method many times, in a few threads. A call whose object does not exist any more gives None.

        The failure of one call is its answer, so that the others count. Raises what would befall the others too.
        """
        shares = [calls[worker::WORKERS] for worker in range(WORKERS) if calls[worker::WORKERS]]
        results = await asyncio.gather(*(self._call_each(method, share, retry=True) for share in shares))
        answers: list[Answer | DeskhandError | None] = [None] * len(calls)
        for worker, share in enumerate(results):
            answers[worker::WORKERS] = [None if isinstance(result, NotFound) else result for result in share]
        failures = [answer for answer in answers if isinstance(answer, DeskhandError)]
        checked([failure for failure in failures if not isinstance(failure, OF_ONE_CALL)])
        if len(failures) == len([answer for answer in answers if answer is not None]):
            checked(failures)
        return answers

    async def change(self, method: str, **arguments: Any) -> Answer:
        """Call a method that changes something, once."""
        require_no_preview()
        return checked(await self._call_each(method, [arguments], retry=False))[0]

    async def save_draft(self, content: bytes, thread_id: str | None = None, draft_id: str | None = None) -> Answer:
        """Make a draft of a mail, or replace one."""
        require_no_preview()
        google = self.accounts.google
        return await self._call(lambda options: [google.save_draft(options, content, thread_id, draft_id)])

    async def send_draft(self, content: bytes, thread_id: str | None, draft_id: str) -> Answer:
        """Send this mail in the place of a draft, once."""
        require_no_preview()
        google = self.accounts.google
        check = require_still_allowed  # the token may have been renewed first, which takes a while
        return await self._call(lambda options: [google.send_draft(options, content, thread_id, draft_id)], check)

    async def _call(
        self, function: Callable[[CallOptions], Results], check: Callable[[], Awaitable[None]] | None = None
    ) -> Answer:
        return checked(await self.accounts.call(self.address, function, check=check))[0]

    async def _call_each(self, method: str, calls: Sequence[Mapping[str, Any]], *, retry: bool) -> Results:
        google = self.accounts.google
        return await self.accounts.call(self.address, lambda options: google.call_each(options, method, calls), retry=retry)


def checked(results: Iterable[Result]) -> list[Answer]:
    """The answers; raises the first failure."""
    answers = []
    for result in results:
        if isinstance(result, DeskhandError):
            raise result
        answers.append(result)
    return answers


def open_session(accounts: Accounts, account: str | None, *needs: Permission) -> Session:
    """Open an account for a call. NotFound: no such account; Forbidden: not granted; SignInNeeded: not signed in."""
    entry = accounts.find(account)
    if entry.problem:
        raise SignInNeeded(entry.problem)
    for permission in needs:
        if not permission.granted(entry.scopes):
            raise Forbidden(
                f'{entry.address} was signed in without the permission "{permission.title}". '
                "Open Deskhand's window, choose Sign in and tick it."
            )
    return Session(accounts, entry.address)
