import asyncio
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from server.core.clock import Clock
from server.core.errors import NotAuthenticated, TooManyRequests
from server.integrations.tools.models import UpstreamState, UpstreamStatus
from server.integrations.tools.sessions import MOST_CALLS, MOST_IDENTITIES, SHARED, Sessions
from server.integrations.tools.supervisor import Supervisor


class MovedClock(Clock):
    time = 0.0

    def monotonic(self) -> float:
        return self.time


class RecordingSupervisor:
    """Supervisor that counts its starts and stops."""

    def __init__(self, token: str) -> None:
        self.token, self.starts, self.stops = token, 0, 0
        self.status = UpstreamStatus(state=UpstreamState.ready)

    def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        await asyncio.sleep(0)
        self.stops += 1


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def sessions(clock: MovedClock) -> Sessions:
    return Sessions(lambda token: cast(Supervisor, RecordingSupervisor(token)), clock=clock, idle_seconds=600)


async def use(sessions: Sessions, token: str = SHARED) -> Any:
    async with sessions.use(token) as supervisor:
        return supervisor


async def test_token_has_one_session(sessions) -> None:
    first = await use(sessions, "a")
    assert await use(sessions, "a") is first
    assert await use(sessions, "b") is not first
    assert (first.token, first.starts) == ("a", 2), "a failed one starts again"


async def test_calls_at_once_share_one_session(sessions) -> None:
    assert len({id(each) for each in await asyncio.gather(*(use(sessions, "a") for _ in range(5)))}) == 1


async def test_tokens_are_limited_and_the_shared_session_is_none_of_them(sessions) -> None:
    for number in range(MOST_IDENTITIES):
        await use(sessions, str(number))
    with pytest.raises(TooManyRequests):
        await use(sessions, "another")
    assert await use(sessions)
    assert await use(sessions, "0")


async def test_idle_sessions_end_and_make_room(sessions, clock) -> None:
    shared, idle = await use(sessions), await use(sessions, "0")
    clock.time = 300
    for number in range(1, MOST_IDENTITIES):
        await use(sessions, str(number))
    clock.time = 600
    assert await use(sessions, "another")
    assert (idle.stops, shared.stops) == (1, 0)
    await sessions.end_idle()
    assert (await use(sessions, "1")).stops == 0


async def test_session_with_a_long_call_is_not_idle(sessions, clock) -> None:
    async with sessions.use("a") as supervisor:
        clock.time = 6_000
        await sessions.end_idle()
        assert supervisor.stops == 0
    clock.time += 599
    await sessions.end_idle()
    assert supervisor.stops == 0, "since the end of the call"
    clock.time += 1
    await sessions.end_idle()
    assert supervisor.stops == 1


async def test_idle_session_ends_without_another_call(clock) -> None:
    sessions = Sessions(lambda token: cast(Supervisor, RecordingSupervisor(token)), clock=clock, idle_seconds=0.05)
    supervisor = await use(sessions, "a")
    clock.time = 1
    async with asyncio.timeout(60):
        while not supervisor.stops:
            await asyncio.sleep(0.01)
    await sessions.close()


async def test_refused_token_takes_no_place(sessions) -> None:
    refused = list[Any]()

    async def be_refused(token: str) -> None:
        async with sessions.use(token) as supervisor:
            refused.append(supervisor)
            raise NotAuthenticated

    for number in range(2 * MOST_IDENTITIES):
        with pytest.raises(NotAuthenticated):
            await be_refused(str(number))
    assert [supervisor.stops for supervisor in refused] == [1] * (2 * MOST_IDENTITIES)


async def test_failed_session_takes_no_place_and_the_shared_one_stays(sessions) -> None:
    for token in ("a", SHARED):
        async with sessions.use(token) as supervisor:
            supervisor.status = UpstreamStatus(state=UpstreamState.failed)
        assert supervisor.stops == (1 if token else 0)
        assert (await use(sessions, token) is supervisor) is not bool(token)


async def test_refused_session_ends_with_the_last_of_its_calls(sessions) -> None:
    async with sessions.use("a") as supervisor:
        with pytest.raises(NotAuthenticated):
            async with sessions.use("a"):
                raise NotAuthenticated
        assert supervisor.stops == 0
    assert supervisor.stops == 1


async def test_calls_of_callers_are_limited_and_shared_ones_are_not(sessions) -> None:
    async with AsyncExitStack() as stack:
        for number in range(MOST_CALLS):
            await stack.enter_async_context(sessions.use("ab"[number % 2]))
            await stack.enter_async_context(sessions.use())
        await use(sessions)
        with pytest.raises(TooManyRequests):
            await use(sessions, "a")
    assert (await use(sessions, "a")).stops == 0


async def test_end_of_callers_leaves_the_shared_session(sessions) -> None:
    shared, caller = await use(sessions), await use(sessions, "a")
    async with sessions.use("a"):
        await sessions.end_callers()
    assert (shared.stops, caller.stops) == (0, 1)


async def test_close_ends_all(sessions) -> None:
    opened = [await use(sessions), await use(sessions, "a")]
    await sessions.close()
    assert [session.stops for session in opened] == [1, 1]
