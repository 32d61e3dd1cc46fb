"""A running state, for tests of what integrations are handed."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.clock import Clock
from server.http.addresses import Address
from server.runtime.state import State, open_state
from server.storage.data_dir import open_home


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def opened(tmp_path: Path, clock: MovableClock) -> Callable[[], AbstractAsyncContextManager[State]]:
    """Open the store in this test's folder, as often as needed."""

    @asynccontextmanager
    async def open_it() -> AsyncIterator[State]:
        with open_home(tmp_path / "data", demo=False) as home:
            async with open_state(home, Address(), clock=clock) as state:
                yield state

    return open_it
