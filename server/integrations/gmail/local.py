"""What only the person at this computer may do with Gmail, and where Google sends their browser back."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from server.errors import DeskhandError
from server.integration import provided
from server.integrations.gmail.models import Done, GmailStatus
from server.integrations.gmail.service import Mailbox
from server.integrations.gmail.sign_in import CALLBACK, make_credentials, read_credentials

Box = Annotated[Mailbox, provided(Mailbox)]
Told = Annotated[str, Query(max_length=4000)]
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the code
}
STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}:root{color-scheme:light dark}"


class PersonalStatus(GmailStatus):
    """Gmail, as the person sees it."""

    has_credentials: bool = Field(description="Whether an OAuth client was entered.")
    sign_in: str = Field(description="How the latest sign-in stands: none, waiting, done or failed.")
    sign_in_message: str = Field(description="The same in a sentence.")


class SignInBegun(BaseModel):
    """A sign-in that waits for the person."""

    address: str = Field(description="The page at Google to open in a browser.")


class Credentials(BaseModel):
    """An OAuth client of the type Desktop app: the file that Google offers, or its id and secret."""

    file: str | None = Field(None, max_length=20_000, description="The content of the JSON file.")
    client_id: str | None = Field(None, max_length=300, description="The client id, where there is no file.")
    client_secret: str | None = Field(None, max_length=300, repr=False, description="The client secret, where there is no file.")


local = APIRouter(prefix="/api/gmail", tags=["Gmail"])


@local.get("/status")
async def show_status(mailbox: Box) -> PersonalStatus:
    """Tell who is signed in, what was granted, and how the latest sign-in went."""
    latest = mailbox.sign_ins.latest
    known = await mailbox.accounts.client() is not None
    return PersonalStatus(
        **mailbox.status().model_dump(), has_credentials=known, sign_in=latest.state, sign_in_message=latest.message
    )


@local.post("/credentials")
async def keep_credentials(mailbox: Box, credentials: Credentials) -> Done:
    """Keep the OAuth client with which Deskhand signs in."""
    given = credentials
    client = read_credentials(given.file) if given.file else make_credentials(given.client_id or "", given.client_secret or "")
    await mailbox.accounts.keep_client(client)
    return Done(success=True, message="The credentials are kept. Now choose Sign in.")


@local.post("/sign-in")
async def begin_sign_in(mailbox: Box) -> SignInBegun:
    """Begin to sign an account in."""
    return SignInBegun(address=await mailbox.sign_ins.begin())


@local.delete("/accounts/{address}")
async def sign_out(mailbox: Box, address: str) -> Done:
    """Take back what an account granted, and forget it."""
    await mailbox.accounts.forget(address)
    return Done(success=True, message=f"{address} is signed out.")


callbacks = APIRouter(include_in_schema=False)


@callbacks.get(CALLBACK)
@callbacks.get("/gmail/auth/callback")
async def finish_sign_in(mailbox: Box, state: Told = "", code: Told = "", error: Told = "") -> Response:
    """Show the person how signing in went."""
    try:
        address = await mailbox.sign_ins.finish(state, code, error)
    except DeskhandError as failure:
        return make_page("Not signed in", failure.detail, failure.status)
    return make_page("Signed in", f"{address} is signed in. You can close this page.", 200)


@callbacks.post("/gmail/auth/callback")
async def finish_sign_in_for_script(mailbox: Box, state: Told = "", code: Told = "", error: Told = "") -> Done:
    """The same for a script."""
    address = await mailbox.sign_ins.finish(state, code, error)
    return Done(success=True, message=f"{address} is signed in.")


def make_page(title: str, sentence: str, status: int) -> HTMLResponse:
    """Make a small page without anything that runs."""
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1><p>{escape(sentence)}</p></body></html>"
    )
    return HTMLResponse(page, status, PAGE_HEADERS)
