"""The time, in a form that tests can move."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time. Tests pass one that they can move."""

    def now(self) -> datetime:
        """Read the time, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""
        return time.monotonic()


def has_passed(duration: timedelta, since: datetime, now: datetime) -> bool:
    """Return whether a duration is over. One that began in the future is: the clock was set back since."""
    return not timedelta() <= now - since < duration
