"""Gmail's routes for the window, and the callback of a sign-in."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from server.core.errors import DeskhandError, Unavailable
from server.integrations.gmail.accounts.sign_in import CALLBACK, make_credentials, read_credentials
from server.integrations.gmail.granted import PersonalAccount, describe_accounts
from server.integrations.gmail.models import Done, GmailStatus
from server.integrations.gmail.service import Mailbox
from server.sdk.pages import make_page
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

NOT_REVOKED = (
    " Google did not answer, so it may still list Deskhand's access. Remove it there: https://myaccount.google.com/connections"
)
Box = Annotated[Mailbox, provided(Mailbox)]
Parameter = Annotated[str, Query(max_length=4000)]


class PersonalStatus(GmailStatus):
    """Gmail, as the person sees it."""

    accounts: Sequence[PersonalAccount] = Field(description="The accounts; the first is the default.")
    has_credentials: bool = Field(description="Whether an OAuth client was entered.")
    client_id: str = Field(description="Which one: its id, which is no secret; empty where none was entered.")
    sign_in: Literal["none", "waiting", "done", "failed"] = Field(description="How the latest sign-in stands.")
    sign_in_message: str = Field(description="The same in a sentence.")
    sign_in_address: str = Field(description="The page at Google that the person is to open; empty where there is none.")


class SignInRequest(BaseModel):
    """Options of a sign-in."""

    open: bool = Field(False, description="Whether Deskhand opens Google's page in the browser of this computer.")
    account: str = Field("", max_length=254, description="The address that Google offers first, to sign it in again.")


class SignInBegun(BaseModel):
    """A sign-in that waits for the person."""

    address: str = Field(description="The page at Google to open in a browser.")
    opened: bool = Field(description="Whether Deskhand has opened it.")


class Credentials(BaseModel):
    """An OAuth client of the type Desktop app: the file that Google offers, or its id and secret."""

    file: str | None = Field(None, max_length=20_000, description="The content of the JSON file.")
    client_id: str | None = Field(None, max_length=300, description="The client id, where there is no file.")
    client_secret: str | None = Field(None, max_length=300, repr=False, description="The client secret, where there is no file.")


local = DeferredRouter(prefix="/api/gmail", tags=["Gmail"])


@local.get("/status")
async def show_status(mailbox: Box) -> PersonalStatus:
    """Show the accounts, what was granted, and the state of the latest sign-in."""
    latest, status, client = mailbox.sign_ins.latest, mailbox.status(), await mailbox.accounts.client()
    return PersonalStatus(
        authenticated=status.authenticated,
        message=status.message,
        accounts=describe_accounts(mailbox.accounts.settings.accounts),
        has_credentials=client is not None,
        client_id=client.client_id if client else "",
        sign_in=latest.state,
        sign_in_message=latest.message,
        sign_in_address=latest.address,
    )


@local.post("/credentials")
async def keep_credentials(mailbox: Box, credentials: Credentials) -> Done:
    """Keep the OAuth client with which Deskhand signs in."""
    given = credentials
    client = read_credentials(given.file) if given.file else make_credentials(given.client_id or "", given.client_secret or "")
    await mailbox.accounts.keep_client(client)
    return Done(success=True, message="Credentials saved. Now choose Sign in.")


@local.post("/sign-in")
async def begin_sign_in(mailbox: Box, options: SignInRequest | None = None) -> SignInBegun:
    """Begin to sign an account in; news of it are on the topic gmail."""
    options = options or SignInRequest()
    address = await mailbox.sign_ins.begin(options.account)
    return SignInBegun(address=address, opened=options.open and await open_address(mailbox, address))


async def open_address(mailbox: Mailbox, address: str) -> bool:
    """Open an address in the person's browser, if there is one."""
    try:
        await asyncio.to_thread(mailbox.accounts.context.screen.open_address, address)
    except Unavailable:
        return False
    return True


@local.delete("/sign-in")
async def cancel_sign_in(mailbox: Box) -> Done:
    """Wait for no sign-in any more."""
    mailbox.sign_ins.cancel()
    return Done(success=True, message="Sign-in cancelled.")


@local.post("/accounts/{address}/first")
async def put_first(mailbox: Box, address: str) -> Done:
    """Use an account by default."""
    await mailbox.accounts.put_first(address)
    return Done(success=True, message=f"{address} is the default account.")


@local.delete("/accounts/{address}")
async def sign_out(mailbox: Box, address: str) -> Done:
    """Take back what an account granted, and forget it."""
    revoked = await mailbox.accounts.forget(address)
    return Done(success=True, message=f"{address} is signed out.{'' if revoked else NOT_REVOKED}")


callbacks = DeferredRouter(include_in_schema=False)


@callbacks.get(CALLBACK)
@callbacks.get("/gmail/auth/callback")
async def finish_sign_in(mailbox: Box, state: Parameter = "", code: Parameter = "", error: Parameter = "") -> Response:
    """Show the person how signing in went."""
    try:
        address = await mailbox.sign_ins.finish(state, code, error)
    except DeskhandError as failure:
        return make_page("Not signed in", failure.detail, failure.status)
    return make_page("Signed in", f"{address} is signed in. You can close this page.", 200)


@callbacks.post("/gmail/auth/callback")
async def finish_sign_in_for_script(mailbox: Box, state: Parameter = "", code: Parameter = "", error: Parameter = "") -> Done:
    """The same for a script."""
    address = await mailbox.sign_ins.finish(state, code, error)
    return Done(success=True, message=f"{address} is signed in.")
