"""Progress of a call that takes long."""

from collections.abc import Callable
from contextvars import ContextVar

from server.core.text import shorten

Report = Callable[[float | None, str], None]

current_report: ContextVar[Report | None] = ContextVar("current_report", default=None)


def report_progress(fraction: float | None, message: str = "") -> None:
    """Report how far the current call is, to be polled. `fraction`: from 0 to 1, if known; `message`: what it does now."""
    if report := current_report.get():
        report(None if fraction is None else min(max(fraction, 0.0), 1.0), shorten(message))
