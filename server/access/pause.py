"""Pause: for a while, nothing that changes something runs."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from server.core.clock import Clock
from server.core.errors import Unavailable
from server.storage.settings import Settings

SECTION = "pause"
FOR_GOOD = timedelta(days=36_500)


def add_zone(moment: datetime) -> datetime:
    """Take a time without a zone as UTC; it may come from a forged backup, and could not be compared."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PauseSettings(BaseModel):
    """Until when everything rests."""

    until: Annotated[datetime, AfterValidator(add_zone)] | None = Field(
        None, description="Nothing changes anything before this moment."
    )


class Pause:
    """The person's switch for all actions at once. It outlives a restart; where the settings were lost, it is on."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._unknown = settings.problem is not None  # it may have been paused, and nobody knows

    @property
    def until(self) -> datetime | None:
        """Until when it is paused; None while it is not."""
        until = self._settings.read(SECTION, PauseSettings).until
        if self._unknown:
            return self._clock.now() + FOR_GOOD
        return until if until and until > self._clock.now() else None

    def is_on(self) -> bool:
        """Return whether it is paused."""
        return self.until is not None

    async def begin(self, minutes: float | None) -> None:
        """Pause for some minutes, or until it is resumed."""
        now = self._clock.now()
        until = now + (timedelta(minutes=minutes) if minutes else FOR_GOOD)
        await self._store(until)

    async def end(self) -> None:
        """Go on."""
        await self._store(None)

    async def _store(self, until: datetime | None) -> None:
        await self._settings.write(SECTION, PauseSettings(until=until))
        self._unknown = False

    def check(self) -> None:
        """Raises Unavailable while paused."""
        if until := self.until:
            seconds = (until - self._clock.now()).total_seconds()
            raise Unavailable(
                "The person at this computer has paused all actions. Reading still works; try this again later.",
                retry_after=min(seconds, 3600),
            )
