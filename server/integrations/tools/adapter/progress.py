"""Progress of a call, as its server reports it."""

from mcp.shared.dispatcher import ProgressFnT

from server.core.invisible import remove_hidden
from server.core.text import shorten
from server.sdk.progress import Report

LONGEST_SOURCE = 2_000  # characters of a message that are read


def make_report(report: Report | None) -> ProgressFnT | None:
    """Make the callback for progress; None if nobody polls it, so that the server need not send any."""
    if report is None:
        return None

    async def tell(progress: float, total: float | None = None, message: str | None = None) -> None:
        fraction = min(max(progress / total, 0.0), 1.0) if total and total > 0 else None
        report(fraction, shorten(remove_hidden((message or "")[:LONGEST_SOURCE])))

    return tell
