"""What an integration is handed when it starts, and nothing else is there for it to reach for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.address import Address
from server.events import Events
from server.fetch import Fetch
from server.folders import Folders
from server.questions import Questions
from server.screen import Screen
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings

__all__ = ["Clock", "Context", "Folders"]


class Clock:
    """The time. Tests hand in one that they can move."""

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""
        return time.monotonic()


@dataclass(frozen=True)
class Context:
    """`demo`: nothing outside this computer may be reached. `local_address` answers the local surface's base address.

    `address`: where Deskhand is reached now.
    """

    folders: Folders
    settings: Settings
    secrets: Secrets
    database: Database
    events: Events
    fetch: Fetch
    screen: Screen
    questions: Questions
    clock: Clock = field(default_factory=Clock)
    demo: bool = False
    local_address: Callable[[], str] = lambda: ""
    address: Address = field(default_factory=Address)
