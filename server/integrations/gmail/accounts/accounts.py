"""The Google accounts that are signed in: their tokens, what was granted, and signing in and out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ParamSpec, TypeAlias, TypeVar
from urllib.parse import urlsplit

from server.core.command import format_command
from server.core.errors import DeskhandError, NotFound, SignInNeeded, Unavailable
from server.integrations.gmail.adapter.google import CallOptions, ClientCredentials, Google, Grant, Result
from server.integrations.gmail.models import LOOPBACK, Endpoints, GmailSettings, SignedIn
from server.sdk.context import Context

SECTION = "gmail"
CLIENT_SECRET_NAME = "gmail/client"  # noqa: S105, a name
EARLY = timedelta(seconds=60)  # a token is renewed before it ends, so that it does not end on the way
THREADS = 8
NOT_SIGNED_IN = f"Gmail is not signed in. Open Deskhand's window and choose Sign in, or run `{format_command('gmail sign-in')}`."

P = ParamSpec("P")
R = TypeVar("R")
Results: TypeAlias = list[Result]


@dataclass(frozen=True)
class Tokens:
    """Tokens of an account."""

    refresh: str = field(repr=False)
    access: str = field(default="", repr=False)
    ends: datetime | None = None

    def dump(self) -> str:
        return json.dumps({"refresh": self.refresh, "access": self.access, "ends": self.ends.isoformat() if self.ends else None})

    @classmethod
    def load(cls, text: str) -> "Tokens":
        stored = json.loads(text)
        return cls(stored["refresh"], stored["access"], datetime.fromisoformat(stored["ends"]) if stored["ends"] else None)


class Accounts:
    """Accounts that are signed in. The first one is the default."""

    def __init__(self, context: Context, google: Google) -> None:
        self.context = context
        self.google = google
        self._threads = ThreadPoolExecutor(THREADS, "gmail")
        self._tokens: dict[str, Tokens] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def settings(self) -> GmailSettings:
        return self.context.settings.read(SECTION, GmailSettings)

    @property
    def endpoints(self) -> Endpoints:
        """Google's endpoints; in demo mode those of its stand-in on this computer."""
        if not self.context.demo:
            return Endpoints()
        endpoints = self.settings.endpoints
        if any(urlsplit(address).hostname not in LOOPBACK for address in endpoints.model_dump().values()):
            raise Unavailable("Demo mode has no Google of its own just now. Start Deskhand again with --demo.")
        return endpoints

    async def run(self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> R:
        """Run something that blocks, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*arguments, **options))

    def find(self, account: str | None) -> SignedIn:
        """Find an account by its address, or the first."""
        accounts = self.settings.accounts
        if not accounts:
            raise SignInNeeded(NOT_SIGNED_IN)
        if account is None:
            return accounts[0]
        for entry in accounts:
            if entry.address.casefold() == account.strip().casefold():
                return entry
        addresses = ", ".join(entry.address for entry in accounts)
        raise NotFound(f"No such account is signed in. Signed in: {addresses}.")

    async def client(self) -> ClientCredentials | None:
        """The OAuth client that the person entered."""
        stored = await self.context.secrets.get(CLIENT_SECRET_NAME)
        with suppress(ValueError, KeyError, TypeError):
            return ClientCredentials(**json.loads(stored)) if stored else None
        return None

    async def keep_client(self, client: ClientCredentials) -> None:
        """Store the OAuth client."""
        text = json.dumps({"client_id": client.client_id, "client_secret": client.client_secret})
        await self.context.secrets.set(CLIENT_SECRET_NAME, text)
        await self._change(lambda accounts: [entry.model_copy(update={"problem": None}) for entry in accounts])

    async def need_client(self) -> ClientCredentials:
        client = await self.client()
        if client is None:
            raise SignInNeeded(
                f"Gmail has no client credentials yet. Enter them with `{format_command('gmail sign-in --credentials FILE')}`."
            )
        return client

    async def call(
        self,
        address: str,
        function: Callable[[CallOptions], Results],
        *,
        retry: bool = False,
        check: Callable[[], Awaitable[None]] | None = None,
    ) -> Results:
        """Call Gmail for an account, in a thread. A token that Google refuses is renewed once.

        `retry`: failed reads are repeated as the settings say. `check` runs right before the call, after waiting for a token.
        """
        endpoint, settings, token = self.endpoints.api, self.settings, ""
        for _ in range(2):
            token = await self.token(address, instead_of=token)
            if check:
                await check()
            options = CallOptions(endpoint, token, settings.timeout_seconds, settings.read_retries if retry else 0)
            results = await self.run(function, options)
            if not any(isinstance(result, SignInNeeded) for result in results):  # Google refuses it before it does anything
                return results
        raise await self.mark(address, f"Google refuses the sign-in of {address}. Sign in again.")

    async def token(self, address: str, *, instead_of: str = "") -> str:
        """An access token that is good for a while; another one than `instead_of`, which Google refused."""
        async with self._locks.setdefault(address, asyncio.Lock()):
            tokens = await self._load(address)
            fresh = tokens.ends is not None and tokens.ends - EARLY > self.context.clock.now()
            if tokens.access and fresh and tokens.access != instead_of:
                return tokens.access
            return await self._refresh(address, tokens)

    async def _load(self, address: str) -> Tokens:
        if address not in self._tokens:
            stored = await self.context.secrets.get(secret_name(address))
            try:
                self._tokens[address] = Tokens.load(stored or "")
            except (ValueError, KeyError, TypeError):
                raise await self.mark(address, f"The sign-in of {address} is lost. Sign in again in Deskhand's window.") from None
        return self._tokens[address]

    async def _refresh(self, address: str, tokens: Tokens) -> str:
        client, endpoints = await self.need_client(), self.endpoints
        try:
            grant = await self.run(self.google.refresh, client, endpoints, tokens.refresh, self.settings.timeout_seconds)
        except SignInNeeded as error:
            raise await self.mark(address, error.detail) from None
        await self._keep_tokens(address, grant, tokens.refresh)
        return grant.access_token

    async def _keep_tokens(self, address: str, grant: Grant, refresh_token: str) -> None:
        ends = self.context.clock.now() + timedelta(seconds=grant.seconds)
        tokens = Tokens(grant.refresh_token or refresh_token, grant.access_token, ends)
        await self.context.secrets.set(secret_name(address), tokens.dump())
        self._tokens[address] = tokens

    async def mark(self, address: str, problem: str) -> SignInNeeded:
        """Remember that an account has to be signed in again, and answer the error that says so."""
        await self._change(
            lambda accounts: [
                entry.model_copy(update={"problem": problem}) if entry.address == address else entry for entry in accounts
            ]
        )
        return SignInNeeded(problem)

    async def remember(self, address: str, grant: Grant) -> None:
        """Keep an account that was signed in, with what was granted; one that was known keeps its place."""
        async with self._locks.setdefault(address, asyncio.Lock()):
            await self._keep_tokens(address, grant, "")
        entry = SignedIn(address=address, scopes=list(grant.scopes), added_at=self.context.clock.now().isoformat())
        await self._change(lambda accounts: list(({known.address: known for known in accounts} | {address: entry}).values()))

    async def forget(self, address: str) -> bool:
        """Take back the grant at Google and forget the account. False: Google did not answer, so the grant may be valid still."""
        entry, revoked = self.find(address), False
        async with self._locks.setdefault(entry.address, asyncio.Lock()):
            with suppress(DeskhandError):
                tokens = await self._load(entry.address)
                await self.run(self.google.revoke, self.endpoints, tokens.refresh, self.settings.timeout_seconds)
                revoked = True
            await self.context.secrets.delete(secret_name(entry.address))
            self._tokens.pop(entry.address, None)
        await self._change(lambda accounts: [other for other in accounts if other.address != entry.address])
        return revoked

    async def put_first(self, address: str) -> None:
        """Make an account the default. Raises NotFound if it is not signed in."""
        first = self.find(address).address
        await self._change(lambda accounts: sorted(accounts, key=lambda other: other.address != first))

    async def _change(self, change: Callable[[list[SignedIn]], list[SignedIn]]) -> None:
        await self.context.settings.change(
            SECTION, GmailSettings, lambda settings: settings.model_copy(update={"accounts": change(settings.accounts)})
        )
        self.context.events.publish("gmail")


def secret_name(address: str) -> str:
    """Name of the secret with an account's tokens."""
    return f"gmail/{address}"
