"""Authentication of services that send webhooks: by a secret path, by a signature, or by both."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from fastapi import Request
from pydantic import BaseModel, Field

from server.core.errors import NotAuthenticated, NotFound, TooManyRequests
from server.sdk.context import Context

SECRET_PATH_BYTES = 24  # 192 bits
UNKNOWN_PATH = "There is no such address. Look in Deskhand's window, under {title}, for the one that is."
UNSIGNED = (
    "This delivery has no signature that fits. The sender needs the same signing secret as Deskhand's window, under {title}."
)
UNTIMELY = "The time of this delivery is too far from this computer's. Check the sender's clock, and send it again."
UNVERIFIABLE = (
    "Deskhand has no signing secret of {title}, so it cannot tell who sends this. Give it one in its window, under {title}."
)
CROWDED = "Too much arrives at once. Send it again in a moment."


class WebhookSettings(BaseModel):
    """Limits of a webhook; the settings model of an integration that receives one extends it."""

    tolerance_seconds: float = Field(300, description="How far a signature's time may be from ours.")
    rotation_hours: float = Field(24, description="How long the previous signing key still counts.")
    unproven_bodies: int = Field(8, description="How many bodies at once are read before their signature is known to be right.")
    unproven_seconds: float = Field(10, description="How long one of them may take.")
    previous_until: str = Field("", description="Until when the previous signing key counts, ISO 8601 in UTC.")


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that a signature can cover. `path` and `query` are as sent, not decoded."""

    body: bytes
    method: str = "POST"
    path: bytes = b"/"
    query: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, body: bytes) -> "SignedRequest":
        """Take the parts from a request whose body was read."""
        scope = request.scope
        path = scope.get("raw_path") or request.url.path.encode()
        return cls(body, request.method, path, scope["query_string"], request.headers)


class SignatureScheme(Protocol):
    """A service's signature format. A module with these two functions is one."""

    def read_time(self, headers: Mapping[str, str], /) -> int | None:
        """Return the signing time in seconds since 1970; None if the headers hold no well-formed signature."""

    def is_signed(self, request: SignedRequest, secrets: Collection[str], /) -> bool:
        """Return whether one of the secrets made a signature of the request."""


class WebhookAuthenticator:
    """Secret path and signing secrets of one sender. They are read from the keyring once, at first use.

    `name` is the settings section and the prefix of the secrets' names; `title` is the sender's name in sentences.
    """

    def __init__(self, context: Context, name: str, title: str, settings: type[WebhookSettings], scheme: SignatureScheme) -> None:
        self._context = context
        self._name = name
        self._title = title
        self._model = settings
        self._scheme = scheme
        self._path, self._secret, self._previous = f"{name}/address", f"{name}/signing", f"{name}/signing-before"
        self._cache: dict[str, str | None] = {}
        self._unverified: list[asyncio.Timeout] = []  # oldest first

    async def secret_path(self) -> str | None:
        """Return the last part of the addresses; None until it was made."""
        return await self._get(self._path)

    async def has_secret_path(self) -> bool:
        """Return whether it was made, without opening the keyring if that is known."""
        return bool(self._cache.get(self._path)) or await self._context.secrets.has(self._path)

    async def make_secret_path(self) -> str:
        """Replace the secret path. The previous one is unknown from now on."""
        path = secrets.token_urlsafe(SECRET_PATH_BYTES)
        await self._set(self._path, path)
        return path

    async def is_signing(self) -> bool:
        """Return whether every delivery has to be signed."""
        return await self._get(self._secret) is not None

    def previous_until(self) -> str | None:
        """Return until when the previous secret is valid too; None if it is not."""
        until = self._settings().previous_until
        return until if until and datetime.fromisoformat(until) > self._context.clock.now() else None

    async def set_secret(self, secret: str | None) -> None:
        """Replace the signing secret; the previous one stays valid for `rotation_hours`. None: signatures are not required."""
        previous = await self._get(self._secret)
        if secret and secret == previous:
            return
        until = self._context.clock.now() + timedelta(hours=self._settings().rotation_hours)
        previous_until = until.isoformat() if secret and previous else ""
        await self._set(self._previous, previous if previous_until else None)
        await self._context.settings.change(
            self._name, self._model, lambda settings: settings.model_copy(update={"previous_until": previous_until})
        )
        await self._set(self._secret, secret)

    async def check_secret_path(self, path: str) -> None:
        """Raises NotFound unless this is the secret path."""
        expected = await self.secret_path()
        if expected is None or not hmac.compare_digest(path.encode("utf-8", "replace"), expected.encode()):
            raise NotFound(UNKNOWN_PATH.format(title=self._title))

    async def require_secret(self) -> None:
        """Raises NotAuthenticated if there is no secret to verify a signature with."""
        if not await self.is_signing():
            raise NotAuthenticated(UNVERIFIABLE.format(title=self._title))

    async def check_headers(self, headers: Mapping[str, str]) -> None:
        """Check a signature before the body is read. Raises NotAuthenticated if no body could make it right."""
        if await self.is_signing():
            self._require_recent(self._scheme.read_time(headers))

    async def verify(self, request: SignedRequest) -> int | None:
        """Return when the request was signed; None if signatures are not required. Raises NotAuthenticated."""
        secret = await self._get(self._secret)
        if secret is None:
            return None
        valid = [secret]
        if self.previous_until() and (previous := await self._get(self._previous)):
            valid.append(previous)
        signed_at = self._scheme.read_time(request.headers)
        self._require_recent(signed_at)
        if not self._scheme.is_signed(request, valid):
            raise NotAuthenticated(UNSIGNED.format(title=self._title))
        return signed_at

    @asynccontextmanager
    async def limit_unverified(self) -> AsyncIterator[None]:
        """Limit the number and the duration of bodies that are read before their sender is known.

        At the limit the oldest is ended, not the newest: services send at once, and a slow sender may want to keep them out.
        Raises TooManyRequests in the one that was ended.
        """
        settings, unverified = self._settings(), self._unverified
        if len(unverified) >= settings.unproven_bodies:
            unverified.pop(0).reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(settings.unproven_seconds) as timeout:
                unverified.append(timeout)
                try:
                    yield
                finally:
                    if timeout in unverified:  # it was not ended for a newer one
                        unverified.remove(timeout)
        except TimeoutError:
            raise TooManyRequests(CROWDED, retry_after=1) from None

    def _require_recent(self, signed_at: int | None) -> None:
        """Raises NotAuthenticated unless a signing time lies within the replay window."""
        if signed_at is None:
            raise NotAuthenticated(UNSIGNED.format(title=self._title))
        if abs(self._context.clock.now().timestamp() - signed_at) > self._settings().tolerance_seconds:
            raise NotAuthenticated(UNTIMELY)

    def _settings(self) -> WebhookSettings:
        return self._context.settings.read(self._name, self._model)

    async def _get(self, name: str) -> str | None:
        if name not in self._cache:
            self._cache.setdefault(name, await self._context.secrets.get(name))  # it may have been replaced meanwhile
        return self._cache[name]

    async def _set(self, name: str, value: str | None) -> None:
        if value is None:
            await self._context.secrets.delete(name)
        else:
            await self._context.secrets.set(name, value)
        self._cache[name] = value
