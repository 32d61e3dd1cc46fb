"""Google as Deskhand meets it, on a loopback socket: sign-in and Gmail, for `--demo` and the tests.

    async with FakeGoogle(clock).serving() as address: ...      inside a running loop
    with running_fake_google() as fake: fake.address            in a thread of its own
    python -m server.integrations.gmail.fake --port 9000        as a process, which says on one line of JSON what is where

It answers the methods that Deskhand calls, and messages.send. Modules: `oauth` and `sign_in` (signing in), `gmail` (addresses,
scopes, requests), `methods` and `draft_methods`, `mailbox`, `labels`, `mail`, `wire`, `recipients` and `delivery`, `search` and
`search_operators`, `demo` (the mailbox at the start), `google` (accounts, errors, faults), `server` (the socket).
"""

import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, timedelta
from pathlib import Path

from starlette.applications import Starlette

from server.core.clock import Clock
from server.integrations.gmail.fake.delivery import Post
from server.integrations.gmail.fake.demo import ACCOUNTS, FOLDER, fill_mailboxes, read_demo_mails
from server.integrations.gmail.fake.gmail import SCOPES, Gmail
from server.integrations.gmail.fake.google import Account, Called, Fault, Faults, JsonObject, TimeSource
from server.integrations.gmail.fake.mailbox import Mailbox
from server.integrations.gmail.fake.oauth import CLIENT_ID, CLIENT_SECRET, Consent, OAuth
from server.integrations.gmail.fake.server import FaultyServer, control_routes
from server.integrations.gmail.fake.sign_in import SignIn
from server.sdk.fake_server import running_in_thread, serving

__all__ = ["FOLDER", "Account", "Consent", "FakeGoogle", "Fault", "running_fake_google"]

MODIFY = f"{SCOPES}modify"


class FakeGoogle:
    """Google with its accounts and their mailboxes. `lock` guards everything; take it to look at several things at once.

    `folder` holds the mail at the start, None for empty mailboxes. `consent` answers every sign-in without a page. Access tokens
    live `token_seconds` by the `clock`. With `controls` a test in another process can order faults: see `server`.
    """

    def __init__(
        self,
        clock: TimeSource | None = None,
        *,
        accounts: Sequence[Account] = ACCOUNTS,
        folder: Path | None = FOLDER,
        token_seconds: int = 3599,
        consent: Consent | None = None,
        controls: bool = False,
    ) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.accounts = {account.address: account for account in accounts}
        self.mailboxes = {address: Mailbox(account, self.clock) for address, account in self.accounts.items()}
        self.post = Post(self.mailboxes, self.clock)
        self.oauth = OAuth(self.accounts, self.clock, token_seconds)
        self.sign_in = SignIn(self.oauth, self.lock, consent)
        self.faults = Faults()
        self.calls: deque[Called] = deque(maxlen=10_000)
        self.address = ""
        if folder is not None:
            mails = read_demo_mails(folder, self.clock.now(), accounts[0].address)
            fill_mailboxes(self.mailboxes, [mail for mail in mails if mail.account in self.mailboxes])
        routes = [*self.sign_in.routes(), *Gmail(self.post, self.oauth, self.lock).routes()]
        self.app = Starlette(routes=routes + (control_routes(self.faults, self.calls) if controls else []))

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on 127.0.0.1 while the block runs, and yield the address."""
        async with serving(FaultyServer(self.app, self.faults, self.calls), port) as self.address:
            yield self.address

    def client_secrets(self) -> JsonObject:
        """Answer the JSON that Google lets one download for a desktop application."""
        return {
            "installed": {
                "client_id": CLIENT_ID,
                "project_id": "deskhand-demo",
                "auth_uri": f"{self.address}/o/oauth2/auth",
                "token_uri": f"{self.address}/token",
                "auth_provider_x509_cert_url": f"{self.address}/oauth2/v1/certs",
                "client_secret": CLIENT_SECRET,
                "redirect_uris": ["http://localhost"],
            }
        }

    def grant(self, account: str = "", scopes: Iterable[str] = (MODIFY,)) -> JsonObject:
        """Sign an account (or the first) in, and answer what google.oauth2.credentials.Credentials is made from."""
        address = account or next(iter(self.accounts))
        with self.lock:
            tokens = self.oauth.mint(self.accounts[address].address, scopes)
            expiry = self.clock.now() + timedelta(seconds=self.oauth.token_seconds)
        return {
            "account": address,
            "token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"],
            "token_uri": f"{self.address}/token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scopes": tokens["scope"].split(),
            "expiry": expiry.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def revoke(self, account: str = "") -> None:
        """End every sign-in of an account, as its owner can on Google's pages."""
        with self.lock:
            self.oauth.revoke_account(account or next(iter(self.accounts)))

    def expire_tokens(self) -> None:
        """Let every access token end now; refresh tokens stay."""
        with self.lock:
            self.oauth.access_tokens.clear()

    def fail_next(
        self,
        status: int,
        times: int = 1,
        path: str = "",
        *,
        reason: str = "",
        retry_after: float | None = None,
        after: bool = False,
    ) -> None:
        """Answer the next requests to this path with an error; `after`: the call takes effect all the same."""
        self.faults.order(Fault(path, times=times, status=status, reason=reason, retry_after=retry_after, after=after))

    def delay_next(self, seconds: float, times: int = 1, path: str = "") -> None:
        """Answer the next requests to this path slowly."""
        self.faults.order(Fault(path, times=times, seconds=seconds))

    def drop_next(self, times: int = 1, path: str = "", *, after: bool = False) -> None:
        """Hang up on the next requests to this path; `after`: the call takes effect, and only its answer is lost."""
        self.faults.order(Fault(path, times=times, drop=True, after=after))


@contextmanager
def running_fake_google(fake: FakeGoogle | None = None, *, port: int = 0) -> Iterator[FakeGoogle]:
    """Run a fake in a thread of its own while the block runs."""
    fake = fake or FakeGoogle()
    with running_in_thread(fake.serving(port)):
        yield fake
