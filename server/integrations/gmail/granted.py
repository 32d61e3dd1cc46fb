"""Permissions granted for an account, described for the window."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from server.integrations.gmail.accounts.session import FULL_SCOPE, Permission
from server.integrations.gmail.models import AccountStatus, SignedIn
from server.integrations.gmail.service import describe_account

WORDS = {
    Permission.read: ("Read email", "Clients can't read, search or summarize email."),
    Permission.send: ("Write and send email", "Clients can't write drafts, reply or send."),
    Permission.change: ("Labels, archive and trash", "Clients can't label, archive, trash or mark email as read."),
}


class Granted(BaseModel):
    """One thing that Deskhand asks for."""

    name: str = Field(description="read, send or change.")
    title: str = Field(description="What it is, in a few words.")
    granted: bool = Field(description="Whether the person ticked it.")
    missing: str = Field(description="What does not work without it.")
    google: str = Field(description="What Google calls it on its page.")


class PersonalAccount(AccountStatus):
    """An account, as the person sees it."""

    first: bool = Field(description="Whether it is the default account.")
    added_at: str = Field(description="When it was granted, ISO 8601 in UTC; empty where that is not known.")
    scopes: list[str] = Field(description="What was granted, in Google's names.")
    full: bool = Field(description="Whether more was granted than Deskhand asks for: also deleting mail for good.")
    permissions: list[Granted] = Field(description="What Deskhand asks for, and whether it was granted.")


def describe_accounts(accounts: Sequence[SignedIn]) -> list[PersonalAccount]:
    """Describe the accounts and their permissions; the first one is the default."""
    return [
        PersonalAccount(
            **describe_account(account).model_dump(),
            first=place == 0,
            added_at=account.added_at,
            scopes=account.scopes,
            full=FULL_SCOPE in account.scopes,
            permissions=[
                Granted(name=need.name, title=title, granted=need.granted(account.scopes), missing=missing, google=need.title)
                for need, (title, missing) in WORDS.items()
            ],
        )
        for place, account in enumerate(accounts)
    ]
