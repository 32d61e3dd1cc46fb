from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.clock import Clock
from server.http.addresses import Address
from server.runtime.state import RateLimits, State, open_state
from server.sdk.desktop import Screen
from server.storage.data_dir import open_home


class MovedClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **spent: float) -> None:
        self.moment += timedelta(**spent)


Opened = Callable[..., AbstractAsyncContextManager[State]]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def opened(tmp_path: Path, clock: MovedClock) -> Opened:
    """Open the store in this test's folder; again and again, as after a restart."""

    @asynccontextmanager
    async def open_it(rules: RateLimits | None = None, screen: Screen | None = None) -> AsyncIterator[State]:
        with open_home(tmp_path / "data", demo=False) as home:
            async with open_state(home, Address(), rules=rules, screen=screen, clock=clock) as state:
                yield state

    return open_it
