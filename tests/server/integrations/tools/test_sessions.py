from typing import Any, cast

import pytest

from server.core.clock import Clock
from server.core.errors import TooManyRequests
from server.integrations.tools.sessions import MOST_IDENTITIES, SHARED, Sessions
from server.integrations.tools.supervisor import Supervisor


class MovedClock(Clock):
    time = 0.0

    def monotonic(self) -> float:
        return self.time


class RecordingSupervisor:
    """Supervisor that counts its starts and stops."""

    def __init__(self, identity: str) -> None:
        self.identity, self.starts, self.stops = identity, 0, 0

    def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def sessions(clock: MovedClock) -> Sessions:
    return Sessions(lambda identity: cast(Supervisor, RecordingSupervisor(identity)), clock=clock, idle_seconds=600)


async def get(sessions: Sessions, identity: str = SHARED) -> Any:
    return await sessions.get(identity)


async def test_identity_has_one_session(sessions) -> None:
    first = await get(sessions, "a")
    assert await get(sessions, "a") is first
    assert await get(sessions, "b") is not first
    assert first.starts == 2, "a failed one starts again"


async def test_identities_are_limited_and_the_shared_session_is_none_of_them(sessions) -> None:
    for number in range(MOST_IDENTITIES):
        await get(sessions, str(number))
    with pytest.raises(TooManyRequests):
        await get(sessions, "another")
    assert await get(sessions)
    assert await get(sessions, "0")


async def test_idle_sessions_end_and_make_room(sessions, clock) -> None:
    shared, idle = await get(sessions), await get(sessions, "0")
    clock.time = 300
    for number in range(1, MOST_IDENTITIES):
        await get(sessions, str(number))
    clock.time = 600
    assert await get(sessions, "another")
    assert (idle.stops, shared.stops) == (1, 0)
    await sessions.end_idle()
    assert (await get(sessions, "1")).stops == 0


async def test_close_ends_all(sessions) -> None:
    opened = [await get(sessions), await get(sessions, "a")]
    await sessions.close()
    assert [session.stops for session in opened] == [1, 1]
