"""A person's Gmail, with all its accounts: what the routes hand calls to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.integrations.gmail.accounts.accounts import NOT_SIGNED_IN, Accounts
from server.integrations.gmail.accounts.session import Permission
from server.integrations.gmail.accounts.sign_in import SignIns
from server.integrations.gmail.adapter.google import Google
from server.integrations.gmail.mailbox.attachments import Files
from server.integrations.gmail.mailbox.drafts import Drafts
from server.integrations.gmail.mailbox.inbox import Inbox
from server.integrations.gmail.mailbox.labels import Labels
from server.integrations.gmail.mailbox.outbox import Outbox
from server.integrations.gmail.mailbox.staged_files import Staging
from server.integrations.gmail.models import AccountStatus, GmailStatus, SignedIn
from server.integrations.gmail.search import MailboxSearch
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.text_search import MailSearch

STAGED_FOLDER = "staged"
LEAST_STAGED_MINUTES = 5.0  # a file has to stay until the person has seen what it is


@dataclass(frozen=True)
class Mailbox(Health):
    """Gmail by its parts."""

    accounts: Accounts
    sign_ins: SignIns
    inbox: Inbox
    labels: Labels
    outbox: Outbox
    drafts: Drafts

    @property
    def summary(self) -> str:
        """Name the accounts that are signed in."""
        return ", ".join(account.address for account in self.accounts.settings.accounts) or "No account is signed in"

    @property
    def problem(self) -> str | None:
        """The problem of the first account that needs a new sign-in."""
        return next((account.problem for account in self.accounts.settings.accounts if account.problem), None)

    @property
    def setup_hint(self) -> str | None:
        """The first step of the setup, if it is not done."""
        return None if self.accounts.settings.accounts else "Sign in to Gmail so that ChatGPT can read and send your email."

    def status(self) -> GmailStatus:
        """Describe the accounts and what was granted for them."""
        accounts = [describe_account(account) for account in self.accounts.settings.accounts]
        usable = [account.address for account in accounts if account.signed_in]
        problem = next((account.problem for account in accounts if account.problem), NOT_SIGNED_IN)
        message = f"Signed in: {', '.join(usable)}." if usable else problem
        return GmailStatus(authenticated=bool(usable), message=message, accounts=accounts)


def describe_account(account: SignedIn) -> AccountStatus:
    """Describe an account and its permissions."""
    return AccountStatus(
        address=account.address,
        signed_in=account.problem is None,
        can_read=Permission.read.granted(account.scopes),
        can_send=Permission.send.granted(account.scopes),
        can_change=Permission.change.granted(account.scopes),
        problem=account.problem,
    )


def make_mailbox(context: Context, google: Google) -> Mailbox:
    """Put a mailbox together."""
    accounts = Accounts(context, google)
    staging = Staging(
        context.folders.data / STAGED_FOLDER,
        context.clock.now,
        lambda: max(accounts.settings.staged_minutes, LEAST_STAGED_MINUTES),
    )
    files = Files(accounts, staging)
    labels = Labels(accounts)
    inbox = Inbox(accounts, labels, files)
    outbox = Outbox(accounts, files)
    return Mailbox(accounts, SignIns(accounts), inbox, labels, outbox, Drafts(accounts, inbox, outbox))


@asynccontextmanager
async def start(context: Context) -> AsyncIterator[Mailbox]:
    """Open the mailbox. Google is not asked for anything yet."""
    mailbox = make_mailbox(context, Google())
    try:
        await mailbox.accounts.run(mailbox.outbox.files.staging.prune)
        with context.offers.offer(MailSearch, MailboxSearch(mailbox.inbox)):
            yield mailbox
    finally:
        mailbox.accounts.close()
