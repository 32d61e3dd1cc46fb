"""Pause: for a while, nothing that changes something runs."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from server.context import Clock
from server.errors import Unavailable
from server.storage.settings import Settings

SECTION = "pause"


class PauseSettings(BaseModel):
    """Until when everything rests."""

    until: datetime | None = Field(None, description="Nothing changes anything before this moment.")


class Pause:
    """The person's switch for all actions at once. It outlives a restart."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def until(self) -> datetime | None:
        """Until when it is paused; None while it is not."""
        until = self._settings.read(SECTION, PauseSettings).until
        return until if until and until > self._clock.now() else None

    async def begin(self, minutes: float | None) -> None:
        """Pause for some minutes, or until it is resumed."""
        now = self._clock.now()
        until = now + (timedelta(minutes=minutes) if minutes else timedelta(days=36_500))
        await self._settings.write(SECTION, PauseSettings(until=until))

    async def end(self) -> None:
        """Go on."""
        await self._settings.write(SECTION, PauseSettings(until=None))

    def check(self) -> None:
        """Raises Unavailable while paused."""
        if until := self.until:
            seconds = (until - self._clock.now()).total_seconds()
            raise Unavailable(
                "The person at this computer has paused all actions. Reading still works; try this again later.",
                retry_after=min(seconds, 3600),
            )
