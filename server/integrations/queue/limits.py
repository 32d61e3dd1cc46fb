"""Limits of sending: the pause between two prompts, the daily cap, and the rate limit of the page."""

from datetime import datetime, timedelta

from server.core.local_time import start_of_day
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import Control

LONGEST_LIMIT = timedelta(days=8)  # of the page that is believed


def count_allowed(control: Control, call: Call, wanted: int) -> int:
    """Count how many prompts may be sent now, of so many that could."""
    if control.paused or find_earliest(control, call) > call.now:
        return 0
    if call.settings.daily_cap is not None:
        wanted = min(wanted, call.settings.daily_cap - control.count_sent(call.day))
    return min(wanted, 1) if call.settings.pause_seconds else wanted


def find_earliest(control: Control, call: Call) -> float:
    """Find the time before which nothing is sent; 0 if there is none."""
    earliest = max(find_limit_end(control, call), find_pause_end(control, call))
    if call.settings.daily_cap is not None and control.count_sent(call.day) >= call.settings.daily_cap:
        tomorrow = start_of_day(datetime.fromisoformat(call.day).date() + timedelta(days=1))
        earliest = max(earliest, tomorrow.timestamp())
    return earliest


def find_limit_end(control: Control, call: Call) -> float:
    """Find the end of the page's rate limit; 0 if there is none. A later one than an extension may report does not apply."""
    end = control.limit_until or 0.0
    return end if call.now < end <= call.now + LONGEST_LIMIT.total_seconds() else 0.0


def find_pause_end(control: Control, call: Call) -> float:
    """Find the end of the pause after the latest prompt. One in the future was sent before the clock was set back."""
    if control.sent_at is None or control.sent_at > call.now:
        return 0.0
    return control.sent_at + call.settings.pause_seconds
