"""The pages and endpoints of the fake's sign-in: consent, token, revocation and userinfo."""

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.oauth import Asked, Consent, OAuth, OAuthError

SCOPE_SENTENCES = {
    "https://mail.google.com/": "Read, write, send and permanently delete all mail",
    "https://www.googleapis.com/auth/gmail.modify": "Read, write and send mail, but not delete it for good",
    "https://www.googleapis.com/auth/gmail.readonly": "Read mail and settings",
    "https://www.googleapis.com/auth/gmail.send": "Send mail",
    "https://www.googleapis.com/auth/gmail.compose": "Write drafts and send mail",
    "https://www.googleapis.com/auth/gmail.labels": "See and change labels",
    "https://www.googleapis.com/auth/gmail.metadata": "See labels and headers, but no text",
    "https://www.googleapis.com/auth/userinfo.email": "See the mail address",
    "https://www.googleapis.com/auth/userinfo.profile": "See the name",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#1f2328;background:#fff}"
    "fieldset{border:1px solid #d0d7de;border-radius:8px;margin:1rem 0}label{display:block;padding:.25rem 0}"
    "button{font:inherit;padding:.5rem 1.25rem;border-radius:8px;border:1px solid #57606a;background:#f6f8fa}"
    "button[value=continue]{background:#1a5fb4;border-color:#1a5fb4;color:#fff}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}button{background:#21262d;color:inherit}}"
)
_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass
class SignIn:
    """Where a person, and the application that asked, meet Google. With a `consent` nobody has to press a button."""

    oauth: OAuth
    lock: threading.RLock
    consent: Consent | None = None
    waiting: dict[str, Asked] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Answer where everything stands, at Google's own paths."""
        return [
            Route("/o/oauth2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/v2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/consent", self.decide, methods=["POST"]),
            Route("/token", self.exchange, methods=["POST"]),
            Route("/revoke", self.revoke, methods=["POST"]),
            Route("/oauth2/v3/userinfo", self.describe_user, methods=["GET"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Show what an application asks for, or answer at once what was arranged."""
        with self.lock:
            try:
                asked = self.oauth.read_request(request.query_params)
                if self.consent is not None:
                    return RedirectResponse(self.oauth.decide(asked, self.consent), 302)
            except OAuthError as error:
                return _show_error(error)
            ticket = secrets.token_urlsafe(16)
            self.waiting[ticket] = asked
            return HTMLResponse(self._consent_page(asked, ticket))

    async def decide(self, request: Request) -> Response:
        """Take what the person pressed, and send the browser back."""
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        with self.lock:
            asked = self.waiting.pop(form.get("ticket", [""])[0], None)
            if asked is None:
                return _show_error(OAuthError(400, "invalid_request", "This page has been used. Start the sign-in again."))
            refused = form.get("answer") != ["continue"]
            consent = Consent(form.get("account", [""])[0], frozenset(form.get("scope", [])), refused)
            try:
                return RedirectResponse(self.oauth.decide(asked, consent), 303)
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

    async def describe_user(self, request: Request) -> Response:
        """Tell who a token belongs to, as far as its scopes go."""
        with self.lock:
            try:
                address, scopes = self.oauth.check(request.headers.get("authorization", ""))
            except GoogleError as error:
                return JSONResponse(error.describe(), error.status, error.headers)
            account = self.oauth.accounts[address]
        subject = str(int(hashlib.sha256(address.encode()).hexdigest()[:16], 16))
        told: dict[str, Any] = {"sub": subject}
        if any(scope.endswith("userinfo.email") for scope in scopes):
            told |= {"email": account.address, "email_verified": True}
        if any(scope.endswith("userinfo.profile") for scope in scopes):
            told |= {"name": account.name}
        return JSONResponse(told)

    def _consent_page(self, asked: Asked, ticket: str) -> str:
        chosen = asked.hint if asked.hint in self.oauth.accounts else next(iter(self.oauth.accounts))
        accounts = "".join(
            f'<label><input type="radio" name="account" value="{escape(address)}"{" checked" if address == chosen else ""}> '
            f"{escape(account.name)} ({escape(address)})</label>"
            for address, account in self.oauth.accounts.items()
        )
        scopes = "".join(
            f'<label><input type="checkbox" name="scope" value="{escape(scope)}" checked> '
            f"{escape(SCOPE_SENTENCES.get(scope, scope))}</label>"
            for scope in asked.scopes
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
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>'
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
