"""Delay of a client whose requests the person keeps denying."""

from datetime import datetime, timedelta
from math import ceil

from server.access.approvals import store
from server.access.approvals.approval import ApprovalSettings
from server.core.clock import has_passed
from server.core.errors import TooManyRequests
from server.storage.database import Database

DENIED = (
    "The person denied the last {count} requests of this client, so do not repeat them. "
    "Another request may be sent in {seconds} s."
)
COUNTED_FOR = timedelta(days=1)
LONGEST_DELAY = 900.0  # seconds


async def check_denials(database: Database, client_id: str, settings: ApprovalSettings, now: datetime) -> bool:
    """Return whether a client was denied several times in a row, so that its requests share one notification.

    Raises TooManyRequests for a while after each denial.
    """
    count, last = await database.read(store.count_denials, client_id, (now - COUNTED_FOR).isoformat())
    if count < settings.most_denials:
        return False
    delay = min(settings.denial_delay_seconds * 2 ** min(count - settings.most_denials, 10), LONGEST_DELAY)
    denied_at, duration = datetime.fromisoformat(last), timedelta(seconds=delay)
    if not has_passed(duration, denied_at, now):
        left = (denied_at + duration - now).total_seconds()
        raise TooManyRequests(DENIED.format(count=count, seconds=ceil(left)), retry_after=left)
    return True
