"""Limits of sending: the pause between two prompts, the daily cap, and the rate limit of the page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.local_time import start_of_day
from server.integrations.queue.models import QueueSettings
from server.integrations.queue.store.control import Control


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and the person's day at that time."""

    now: float
    day: str


def count_allowed(control: Control, settings: QueueSettings, moment: Moment, wanted: int) -> int:
    """Count how many prompts may be sent now, of so many that could."""
    if control.paused or find_gate(control, settings, moment) > moment.now:
        return 0
    if settings.daily_cap is not None:
        wanted = min(wanted, settings.daily_cap - control.count_sent(moment.day))
    return min(wanted, 1) if settings.pause_seconds else wanted


def find_gate(control: Control, settings: QueueSettings, moment: Moment) -> float:
    """Find the time before which nothing is sent; 0 if there is none."""
    gate = max(control.limit_until or 0.0, find_pause_end(control, settings, moment.now))
    if settings.daily_cap is not None and control.count_sent(moment.day) >= settings.daily_cap:
        tomorrow = start_of_day(datetime.fromtimestamp(moment.now).astimezone().date() + timedelta(days=1))
        gate = max(gate, tomorrow.timestamp())
    return gate


def find_pause_end(control: Control, settings: QueueSettings, now: float) -> float:
    """Find the end of the pause after the latest prompt. One in the future was sent before the clock was set back."""
    if control.sent_at is None or control.sent_at > now:
        return 0.0
    return control.sent_at + settings.pause_seconds
