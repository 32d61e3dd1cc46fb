"""Signing in: the person's browser goes to Google and comes back to the local surface, with PKCE and a state of ours."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from server.core.errors import Conflict, DeskhandError, Forbidden, InvalidInput, Unavailable
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.accounts.session import REQUESTED, Permission, checked
from server.integrations.gmail.adapter.google import CallOptions, ClientCredentials, Grant, SignIn

State = Literal["none", "waiting", "done", "failed"]
CALLBACK = "/oauth2callback"
USUAL_MINUTES = 10.0
MOST_WAITING = 20
WEB_CLIENT = (
    "These credentials are for a web application. In Google's console, under Clients, "
    "make a client of the type Desktop app, and use its file."
)
UNREADABLE = (
    "This is not the file that Google offers for download. In Google's console, open your Desktop client; it has Download JSON."
)


@dataclass(frozen=True)
class Outcome:
    """State of the latest sign-in: none, waiting, done or failed.

    `address`: the page at Google that the person is to open; `ends`: until when it is waited for.
    """

    state: State = "none"
    message: str = ""
    address: str = field(default="", repr=False)
    ends: datetime | None = None


@dataclass
class SignIns:
    """Sign-ins that wait for the person. They live in memory, ten minutes each."""

    accounts: Accounts
    minutes: float = USUAL_MINUTES
    _latest: Outcome = field(default_factory=Outcome)
    _waiting: dict[str, tuple[SignIn, datetime]] = field(default_factory=dict)

    @property
    def latest(self) -> Outcome:
        """State of the latest sign-in."""
        if self._latest.ends and self._latest.ends <= self.accounts.context.clock.now():
            return Outcome("failed", f"Google's page wasn't answered within {self.minutes:g} minutes. Sign in again.")
        return self._latest

    async def begin(self, account: str = "") -> str:
        """Begin a sign-in, and answer the address for the person's browser. `account`: the one that Google offers first."""
        client = await self.accounts.client()
        if client is None:
            raise Conflict(
                "Gmail has no client credentials yet. Enter them first; docs/integrations/gmail.md says how to get them."
            )
        base = self.accounts.context.local_address()
        if not base:
            raise Unavailable("Signing in needs the running server. Start Deskhand and try again.")
        self._drop_old()
        google, endpoints = self.accounts.google, self.accounts.endpoints
        begun = await self.accounts.run(google.begin, client, endpoints, REQUESTED, base + CALLBACK, account)
        ends = self.accounts.context.clock.now() + timedelta(minutes=self.minutes)
        self._waiting[begun.state] = begun, ends
        self._tell(Outcome("waiting", "Continue on Google's page in your browser.", begun.address, ends))
        publish = self.accounts.context.events.publish  # for whoever waits, when nobody has answered
        asyncio.get_running_loop().call_later(self.minutes * 60 + 1, publish, "gmail")
        return begun.address

    def cancel(self) -> None:
        """Wait for no sign-in any more. One that Google has answered is finished all the same."""
        self._waiting.clear()
        self._tell(Outcome())

    async def finish(self, state: str, code: str, error: str) -> str:
        """Finish a sign-in with what Google sent the browser back with, and answer the account's address."""
        self._drop_old()
        begun, _ = self._waiting.pop(state, (None, None))
        if begun is None:  # nobody waits for it, so it says nothing about a sign-in of ours
            raise InvalidInput(
                "This sign-in is not known, was finished already, or took too long. Start it again in Deskhand's window."
            )
        self._tell(Outcome("waiting", "Google has responded. Checking the account…"))
        try:
            address = await self._complete(begun, code, error)
        except DeskhandError as failure:
            self._tell(Outcome("failed", failure.detail))
            raise
        except BaseException:
            self._tell(Outcome("failed", "The sign-in failed. Sign in again."))
            raise
        self._tell(Outcome("done", f"{address} is signed in."))
        return address

    async def _complete(self, begun: SignIn, code: str, error: str) -> str:
        if error or not code:
            raise Forbidden("Google did not complete the sign-in: it was denied by you or by Google. You can try again.")
        accounts = self.accounts
        client, endpoints, seconds = await accounts.need_client(), accounts.endpoints, accounts.settings.timeout_seconds
        grant = await accounts.run(accounts.google.finish, client, endpoints, begun, code, seconds)
        check_grant(grant)
        options = CallOptions(endpoints.api, grant.access_token, seconds, accounts.settings.read_retries)
        (profile,) = checked(await accounts.run(accounts.google.call_each, options, "getProfile", [{}]))
        address = profile.get("emailAddress")
        if not isinstance(address, str) or "@" not in address:
            raise Conflict("Google did not say which account this is. Try again.")
        await accounts.remember(address, grant)
        return address

    def _drop_old(self) -> None:
        now = self.accounts.context.clock.now()
        waiting = [(state, pending) for state, pending in self._waiting.items() if pending[1] > now]
        self._waiting = dict(waiting[-MOST_WAITING:])

    def _tell(self, outcome: Outcome) -> None:
        self._latest = outcome
        self.accounts.context.events.publish("gmail")


def check_grant(grant: Grant) -> None:
    """Refuse a sign-in that would be of no use."""
    if not any(permission.granted(grant.scopes) for permission in Permission):
        raise Forbidden("No Gmail permission was selected. Sign in again and select the permissions.")
    if not grant.refresh_token:
        raise Conflict(
            "Google gave no lasting permission. Remove your client at https://myaccount.google.com/connections and sign in again."
        )


def read_credentials(text: str) -> ClientCredentials:
    """Read the JSON file that Google offers for an OAuth client. Raises InvalidInput with what to do instead."""
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(UNREADABLE) from None
    if isinstance(content, dict) and "web" in content:
        raise InvalidInput(WEB_CLIENT)
    described = content.get("installed") if isinstance(content, dict) else None
    if not isinstance(described, dict):
        raise InvalidInput(UNREADABLE)
    return make_credentials(described.get("client_id"), described.get("client_secret"))


def make_credentials(client_id: object, client_secret: object) -> ClientCredentials:
    """Check a client's id and secret as they were pasted."""
    if not isinstance(client_id, str) or not isinstance(client_secret, str):
        raise InvalidInput(UNREADABLE)
    client_id, client_secret = client_id.strip(), client_secret.strip()
    if not re.fullmatch(r"[\x21-\x7e]{8,300}", client_id) or not re.fullmatch(r"[\x21-\x7e]{4,300}", client_secret):
        raise InvalidInput("A client id and a client secret are short texts without spaces, as Google's console shows them.")
    return ClientCredentials(client_id, client_secret)
