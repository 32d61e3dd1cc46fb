"""Fixtures of the tests of extensions."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from server.core.clock import Clock
from server.http.addresses import Address
from server.runtime.state import State, open_state
from server.storage.data_dir import open_home
from tests.server.integrations.queue.extension.bridge import Bridge, open_bridge


class MovedClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **spent: float) -> None:
        self.moment += timedelta(**spent)


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
async def state(tmp_path_factory: pytest.TempPathFactory, clock: MovedClock) -> AsyncIterator[State]:
    """The services of a server, without its sockets and integrations, for all tests of a module."""
    with open_home(tmp_path_factory.mktemp("queue") / "data", demo=False) as home:
        async with open_state(home, Address(), clock=clock) as state:
            yield state


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    """The queue on a real socket, for all tests of a module."""
    async with open_bridge(tmp_path_factory.mktemp("bridge") / "data") as bridge:
        yield bridge


@pytest.fixture
async def bridge(served: Bridge) -> AsyncIterator[Bridge]:
    """The queue on a real socket; what a test leaves open is cancelled."""
    yield served
    await served.clear()
