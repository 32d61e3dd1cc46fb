"""The way in for deliveries: an address that nobody guesses, and the secret with which OMI signs."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from server.core.errors import NotAuthenticated, NotFound, TooManyRequests
from server.integrations.omi.models import OmiSettings
from server.integrations.omi.signature import Letter, is_signed, read_time
from server.sdk.context import Context

SECTION = "omi"
ADDRESS, SECRET, PREVIOUS = "omi/address", "omi/signing", "omi/signing-before"
ADDRESS_BYTES = 24  # 192 bits
NO_SUCH = "There is no such address. Look in Deskhand's window, under OMI, for the one that is."
UNSIGNED = "This delivery has no signature that fits. Put the same signing secret into Deskhand's window as into OMI."
CROWDED = "Too much arrives at once. Send it again in a moment."
KEYLESS = "Deskhand has no signing secret of OMI, so it cannot tell who sends this. Give it one in its window, under OMI."


class Doorway:
    """Who may deliver. What it needs of the keyring it reads once, when it is first asked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._kept: dict[str, str | None] = {}
        self._reading: list[asyncio.Timeout] = []  # oldest first

    async def segment(self) -> str | None:
        """The last part of the addresses; None until it was made."""
        return await self._get(ADDRESS)

    async def has_segment(self) -> bool:
        """Whether it was made, without opening the keyring where that is known."""
        return bool(self._kept.get(ADDRESS)) or await self._context.secrets.has(ADDRESS)

    async def make_segment(self) -> str:
        """Make another one. The one before leads nowhere from now on."""
        made = secrets.token_urlsafe(ADDRESS_BYTES)
        await self._set(ADDRESS, made)
        return made

    async def is_signing(self) -> bool:
        """Whether every delivery has to be signed."""
        return await self._get(SECRET) is not None

    def previous_until(self) -> str | None:
        """Until when the previous secret counts too; None where none does."""
        until = self._settings().previous_until
        return until if until and datetime.fromisoformat(until) > self._context.clock.now() else None

    async def set_secret(self, secret: str | None) -> None:
        """Take another secret; the one before counts for a day. None: there is none any more."""
        before = await self._get(SECRET)
        if secret and secret == before:
            return
        until = self._context.clock.now() + timedelta(hours=self._settings().rotation_hours)
        told = until.isoformat() if secret and before else ""
        await self._set(PREVIOUS, before if told else None)
        await self._context.settings.change(
            SECTION, OmiSettings, lambda settings: settings.model_copy(update={"previous_until": told})
        )
        await self._set(SECRET, secret)

    async def check_segment(self, given: str) -> None:
        """Raises NotFound unless this is the address."""
        right = await self.segment()
        if right is None or not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
            raise NotFound(NO_SUCH)

    async def require_secret(self) -> None:
        """Raises NotAuthenticated where there is nothing to check a signature with."""
        if await self._get(SECRET) is None:
            raise NotAuthenticated(KEYLESS)

    async def check_header(self, header: str) -> None:
        """Look at a signature before there is a body. Raises NotAuthenticated where no body could make it right."""
        if await self._get(SECRET) is None:
            return
        time, now = read_time(header), self._context.clock.now().timestamp()
        if time is None or abs(now - time) > self._settings().tolerance_seconds:
            raise NotAuthenticated(UNSIGNED)

    @asynccontextmanager
    async def hold_place(self) -> AsyncIterator[None]:
        """Have a place for one body of which nothing is known yet. Where all are taken, the oldest gives way: OMI sends at
        once, and who sends slowly may want to keep OMI out. Raises TooManyRequests once one has lost its place.
        """
        settings, reading = self._settings(), self._reading
        if len(reading) >= settings.unproven_bodies:
            reading.pop(0).reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(settings.unproven_seconds) as place:
                reading.append(place)
                try:
                    yield
                finally:
                    if place in reading:  # it has not given way
                        reading.remove(place)
        except TimeoutError:
            raise TooManyRequests(CROWDED, retry_after=1) from None

    async def check_signature(self, header: str, letter: Letter) -> int | None:
        """Answers when it was signed; None where there is no secret. Raises NotAuthenticated for what is not signed with it."""
        secret = await self._get(SECRET)
        if secret is None:
            return None
        valid = [secret]
        if self.previous_until() and (before := await self._get(PREVIOUS)):
            valid.append(before)
        now = self._context.clock.now().timestamp()
        if not is_signed(header, valid, letter, now, self._settings().tolerance_seconds):
            raise NotAuthenticated(UNSIGNED)
        return read_time(header)

    def _settings(self) -> OmiSettings:
        return self._context.settings.read(SECTION, OmiSettings)

    async def _get(self, name: str) -> str | None:
        if name not in self._kept:
            self._kept[name] = await self._context.secrets.get(name)
        return self._kept[name]

    async def _set(self, name: str, value: str | None) -> None:
        if value is None:
            await self._context.secrets.delete(name)
        else:
            await self._context.secrets.set(name, value)
        self._kept[name] = value
