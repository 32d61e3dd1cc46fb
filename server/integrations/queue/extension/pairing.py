"""Pairing: a code in the window, entered in the extension on the same computer, confirmed by the person, and a key."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests
from server.core.text import shorten
from server.integrations.queue.extension.origin import names_extension
from server.integrations.queue.extension.registry import Registry
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, Kind
from server.sdk.context import Context

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without letters that look like digits
LENGTH, ATTEMPTS, LIFETIME = 8, 5, timedelta(minutes=2)
CONFIRM_TIME = timedelta(minutes=15)  # for the person to confirm, and for the extension to fetch its key
SCOPE = "extension"
WRONG_CODE = "This code is wrong, or its time is over. Deskhand's window shows a new one, under Browser queue."
TOO_OFTEN = "This code was entered wrongly five times. Get a new one in Deskhand's window, under Browser queue."
MAY_DO = "take prompts of the queue and return their answers; bring your ChatGPT history only while you have it imported"
DENIED = "This extension was not allowed in Deskhand."
UNKNOWN = "This pairing is over. Get a new code in Deskhand's window, under Browser queue."


@dataclass(frozen=True)
class PairingCode:
    """A code that the window shows."""

    code: str
    expires_at: datetime
    attempts: int = 0


@dataclass(frozen=True)
class PairingRequest:
    """An extension that has entered the code. `secret`: with which it fetches the key; `approved`: None until confirmed."""

    id: str
    secret: str
    name: str
    browser: str
    origin: str
    asked_at: datetime
    approved: bool | None = None


class Pairing:
    """A PromptSource. One code is valid at a time, one request pends at a time, and neither survives a restart."""

    prefix = "pairing"

    def __init__(self, context: Context, registry: Registry) -> None:
        self._context, self._registry = context, registry
        self._code: PairingCode | None = None
        self._request: PairingRequest | None = None
        self._fetching = asyncio.Lock()

    def begin(self) -> PairingCode:
        """Make a code for the window; an earlier one ends."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        self._code = PairingCode(code, self._context.clock.now() + LIFETIME)
        return self._code

    def enter(self, code: str, name: str, browser: str, origin: str) -> PairingRequest:
        """Take a code from an extension, and ask the person. Raises Forbidden and TooManyRequests."""
        if origin and not names_extension(origin):
            raise Forbidden("Only a browser extension can be paired.")
        valid, now = self._code, self._context.clock.now()
        if valid is None or valid.expires_at <= now:
            raise Forbidden(WRONG_CODE)
        if not secrets.compare_digest(normalize(code).encode(), valid.code.encode()):
            valid = replace(valid, attempts=valid.attempts + 1)
            self._code = valid if valid.attempts < ATTEMPTS else None
            raise Forbidden(WRONG_CODE) if self._code else TooManyRequests(TOO_OFTEN)
        self._code = None
        self._request = PairingRequest(
            f"{self.prefix}-{secrets.token_hex(8)}", secrets.token_urlsafe(32), shorten(name), shorten(browser), origin, now
        )
        self._context.approval_requests.notify(view(self._request))
        return self._request

    async def fetch_key(self, secret: str) -> str | None:
        """Fetch the key, once. None: the person has not confirmed yet. Raises NotFound, and Forbidden if they denied it."""
        async with self._fetching:
            request = self._find_request()
            if request is None or not secrets.compare_digest(request.secret.encode(), secret.encode()):
                raise NotFound(UNKNOWN)
            if request.approved is None:
                return None
            self._request = None
            if not request.approved:
                raise Forbidden(DENIED)
            client_id, key = await self._context.paired_clients.pair(f"browser-{request.name}", SCOPE, request.origin)
            await self._registry.add(client_id, request.name, request.browser, request.origin)
            return key

    async def list_requests(self) -> list[ApprovalRequest]:
        """List the extension that waits."""
        request = self._find_request()
        return [view(request)] if request and request.approved is None else []

    async def approve(self, question_id: str, extent: ApprovalDuration, code: str | None) -> str:
        """Confirm the extension; it fetches its key."""
        if extent is not ApprovalDuration.once or code:
            raise InvalidInput("This is a plain yes: the extension is paired, or it is not.")
        request = self._answer(question_id, approved=True)
        return f"{request.name} is paired. It connects in a moment."

    async def deny(self, question_id: str, reason: str) -> str:  # noqa: ARG002, the extension is told none
        """Refuse the extension."""
        return f"{self._answer(question_id, approved=False).name} was not paired."

    def _answer(self, question_id: str, *, approved: bool) -> PairingRequest:
        request = self._find_request()
        if request is None or request.id != question_id:
            raise NotFound("This extension does not wait any more.")
        if request.approved is not None:
            raise Conflict("This was answered already.")
        self._request = replace(request, approved=approved)
        return request

    def _find_request(self) -> PairingRequest | None:
        if self._request and self._request.asked_at + CONFIRM_TIME <= self._context.clock.now():
            self._request = None
        return self._request


def normalize(code: str) -> str:
    """Read a code as a person may type it."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def view(request: PairingRequest) -> ApprovalRequest:
    """View an extension as an approval request."""
    return ApprovalRequest(
        id=request.id,
        kind=Kind.source,
        client=request.name or "A browser",
        sentence="be paired, so that it can put prompts into ChatGPT in this browser",
        asked_at=request.asked_at.isoformat(),
        expires_at=(request.asked_at + CONFIRM_TIME).isoformat(),
        fields=(
            ("Browser", request.browser or "unknown"),
            ("Origin", request.origin or "none: a program"),
            ("May do", MAY_DO),
        ),
    )
