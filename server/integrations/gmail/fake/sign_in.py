"""The pages and endpoints of the fake's sign-in: consent, token and revocation."""

import base64
import secrets
import threading
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs, parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.integrations.gmail.fake.oauth import AuthorizationRequest, Consent, OAuth, OAuthError

SCOPE_SENTENCES = {
    "https://www.googleapis.com/auth/gmail.modify": "Read, write and send mail, but not delete it for good",
    "https://www.googleapis.com/auth/gmail.readonly": "Read mail and settings",
    "https://www.googleapis.com/auth/gmail.compose": "Write drafts and send mail",
}
_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass
class SignIn:
    """Google's authorization pages and endpoints. A `consent` answers each page by itself."""

    oauth: OAuth
    lock: threading.RLock
    consent: Consent | None = None
    waiting: dict[str, AuthorizationRequest] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Answer where everything stands, at Google's own paths."""
        return [
            Route("/o/oauth2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/v2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/consent", self.decide, methods=["POST"]),
            Route("/token", self.exchange, methods=["POST"]),
            Route("/revoke", self.revoke, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Show what an application asks for, or answer at once what was arranged."""
        with self.lock:
            try:
                pending = self.oauth.read_request(request.query_params)
                if self.consent is not None:
                    return RedirectResponse(self.oauth.decide(pending, self.consent), 302)
            except OAuthError as error:
                return _show_error(error)
            ticket = secrets.token_urlsafe(16)
            self.waiting[ticket] = pending
            return HTMLResponse(self._consent_page(pending, ticket))

    async def decide(self, request: Request) -> Response:
        """Take what the person pressed, and send the browser back."""
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        with self.lock:
            pending = self.waiting.pop(form.get("ticket", [""])[0], None)
            if pending is None:
                return _show_error(OAuthError(400, "invalid_request", "This page has been used. Start the sign-in again."))
            refused = form.get("answer") != ["continue"]
            consent = Consent(form.get("account", [""])[0], frozenset(form.get("scope", [])), refused)
            try:
                return RedirectResponse(self.oauth.decide(pending, consent), 303)
            except OAuthError as error:
                return _show_error(error)

    async def exchange(self, request: Request) -> Response:
        """Answer tokens for a code or a refresh token."""
        form = await _read_form(request) | _read_basic(request)
        with self.lock:
            try:
                return JSONResponse(self.oauth.exchange(form), headers=_UNSTORED)
            except OAuthError as error:
                return JSONResponse(error.describe(), error.status, _UNSTORED)

    async def revoke(self, request: Request) -> Response:
        """End a sign-in."""
        form = dict(request.query_params) | await _read_form(request)
        with self.lock:
            try:
                self.oauth.revoke(form.get("token", ""))
            except OAuthError as error:
                return JSONResponse(error.describe(), error.status)
        return JSONResponse({})

    def _consent_page(self, pending: AuthorizationRequest, ticket: str) -> str:
        chosen = pending.hint if pending.hint in self.oauth.accounts else next(iter(self.oauth.accounts))
        accounts = "".join(
            f'<label><input type="radio" name="account" value="{escape(address)}"{" checked" if address == chosen else ""}> '
            f"{escape(account.name)} ({escape(address)})</label>"
            for address, account in self.oauth.accounts.items()
        )
        scopes = "".join(
            f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked> '
            f"{escape(SCOPE_SENTENCES.get(scope, scope))}</label>"
            for scope in pending.scopes
        )
        return _page(
            "Demo account",
            "<p>This page stands in for Google's. No real account is involved.</p>"
            f'<form method="post" action="/o/oauth2/consent"><input type="hidden" name="ticket" value="{ticket}">'
            f"<fieldset><legend>Account</legend>{accounts}</fieldset>"
            f"<fieldset><legend>Deskhand may</legend>{scopes}</fieldset>"
            '<button name="answer" value="continue">Continue</button> '
            '<button name="answer" value="refuse">Refuse</button></form>',
        )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><h1>{escape(title)}</h1>{body}</html>'
    )


def _show_error(error: OAuthError) -> Response:
    sentence = f"<p>Error {error.status}: {escape(error.error)}</p><p>{escape(error.description)}</p>"
    return HTMLResponse(_page("Access blocked", sentence), error.status)


async def _read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def _read_basic(request: Request) -> dict[str, str]:
    kind, _, packed = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": name, "client_secret": secret}
