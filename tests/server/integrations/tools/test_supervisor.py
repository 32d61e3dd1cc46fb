import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psutil
import pytest

from server.core.errors import DeskhandError, SignInNeeded, Unavailable
from server.integrations.tools import supervisor as supervisor_module
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Catalog, ServerInfo, Tool, UpstreamState
from server.integrations.tools.supervisor import Supervisor, Timing
from tests.server.integrations.tools.upstreams import connect_hostile, ignore_change
from tests.server.listening import until

QUICK = Timing(first_delay=0.02, longest_delay=0.05, max_restarts=3, wait=10, relist=0.02, longest_relist=10)


class ScriptedSession:
    """Session that a test ends."""

    latency: float | None = 0.25
    info = ServerInfo(name="scripted")

    def __init__(self) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.listings = 0

    async def wait_ended(self) -> str:
        return await asyncio.shield(self.ended)

    async def list_all(self) -> Catalog:
        self.listings += 1
        return Catalog(tools=(Tool(name=f"tool_{self.listings}"),))


class Upstream:
    """Upstream whose sessions a test drives. `errors`: of the next attempts to open one."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.sessions: list[ScriptedSession] = []
        self.closed = 0
        self.change: Callable[[], None] = ignore_change

    @asynccontextmanager
    async def open(self, on_change: Callable[[], None]) -> AsyncIterator[Any]:
        if self.errors:
            raise self.errors.pop(0)
        self.change = on_change
        self.sessions.append(ScriptedSession())
        try:
            yield self.sessions[-1]
        finally:
            self.closed += 1


@asynccontextmanager
async def supervised(upstream: Upstream, timing: Timing = QUICK) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor("CRM", upstream.open, ignore_change, timing=timing)
    supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def test_session_is_opened_once_and_shared() -> None:
    upstream = Upstream()
    async with supervised(upstream) as supervisor:
        supervisor.start()
        async with supervisor.session() as first, supervisor.session() as second:
            assert first is second
        assert supervisor.status.state is UpstreamState.ready
        assert (supervisor.status.info.name, supervisor.status.latency) == ("scripted", 0.25)
    assert (len(upstream.sessions), upstream.closed) == (1, 1)
    assert supervisor.status.state is UpstreamState.stopped


async def test_ended_session_is_opened_again_and_its_tools_stay_listed() -> None:
    upstream = Upstream()
    async with supervised(upstream) as supervisor:
        async with supervisor.session():
            pass
        upstream.sessions[0].ended.set_result("ended with status 1")
        await until(lambda: len(upstream.sessions) == 2)
        assert supervisor.catalog.tools
        async with supervisor.session() as session:
            assert session is upstream.sessions[1]
        assert supervisor.status.restarts == 1


async def test_server_that_fails_again_and_again_is_given_up_with_the_reason() -> None:
    upstream = Upstream(*[Unavailable("“CRM” could not be reached.") for _ in range(9)])
    async with supervised(upstream) as supervisor:
        await until(lambda: supervisor.status.state is UpstreamState.failed)
        assert len(upstream.errors) == 5, "the first attempt and three restarts"
        assert supervisor.status.error.startswith("“CRM” could not be reached. Deskhand has started it several times.")
        with pytest.raises(Unavailable, match="could not be reached"):
            async with supervisor.session():
                pass
        upstream.errors.clear()
        supervisor.start()
        async with supervisor.session():
            assert supervisor.status.restarts == 0


async def test_refused_credentials_are_not_tried_again() -> None:
    upstream = Upstream(SignInNeeded("Sign in."))
    async with supervised(upstream) as supervisor:
        await until(lambda: supervisor.status.state is UpstreamState.failed)
        assert (supervisor.status.error, supervisor.is_refused) == ("Sign in.", True)
        assert upstream.sessions == []
        supervisor.start()
        async with supervisor.session():
            assert not supervisor.is_refused


async def test_server_that_is_not_started_again_by_itself_says_only_why() -> None:
    upstream = Upstream(Unavailable("“CRM” could not be reached."))
    async with supervised(upstream, Timing(max_restarts=0)) as supervisor:
        await until(lambda: supervisor.status.state is UpstreamState.failed)
        assert (supervisor.status.error, supervisor.is_refused) == ("“CRM” could not be reached.", False)


async def test_call_waits_for_a_session_that_is_starting_and_not_for_ever() -> None:
    upstream = Upstream(DeskhandError("“CRM” failed."))
    async with supervised(upstream) as supervisor, supervisor.session() as session:
        assert session
    slow = Timing(first_delay=60, wait=0.05)
    async with supervised(Upstream(DeskhandError("“CRM” failed.")), slow) as supervisor:
        with pytest.raises(Unavailable, match="“CRM” is not running"):
            async with supervisor.session():
                pass


async def test_changed_list_is_listed_again_and_ever_less_often() -> None:
    upstream = Upstream()
    changes: list[int] = []
    supervisor = Supervisor("CRM", upstream.open, lambda: changes.append(1), timing=QUICK)
    supervisor.start()
    async with supervisor.session():
        (session,) = upstream.sessions
    before = len(changes)
    async with asyncio.timeout(30):
        while session.listings < 4:
            upstream.change()
            await asyncio.sleep(0.001)
        assert supervisor.catalog.tools[0].name == "tool_4"
        began, listed = asyncio.get_running_loop().time(), session.listings
        while session.listings == listed:
            upstream.change()
            await asyncio.sleep(0.001)
    assert asyncio.get_running_loop().time() - began > 4 * QUICK.relist
    assert len(changes) > before
    await supervisor.stop()


async def test_killed_server_is_back_and_no_process_is_left() -> None:
    def open_hostile(on_change: Callable[[], None]) -> Any:
        return open_session(connect_hostile("plain"), UpstreamLog(), on_change)

    supervisor = Supervisor("CRM", open_hostile, ignore_change, timing=Timing(first_delay=0.02, wait=30))
    supervisor.start()
    pids = set[int]()
    for _ in range(3):
        async with supervisor.session() as session:
            await session.call_tool("echo", {})
        processes = [process for process in psutil.Process().children(recursive=True) if "hostile" in " ".join(process.cmdline())]
        pids |= {process.pid for process in processes}
        restarts = supervisor.status.restarts
        os.kill(max(pids), signal.SIGKILL)
        await until(lambda restarts=restarts: supervisor.status.restarts > restarts, 20)
    async with supervisor.session() as session:
        await session.call_tool("echo", {})
    await supervisor.stop()
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


async def test_stop_ends_also_what_swallows_a_cancellation(monkeypatch) -> None:
    monkeypatch.setattr(supervisor_module, "CANCEL_SECONDS", 0.05)
    opening = asyncio.Event()

    @asynccontextmanager
    async def swallow(_: Callable[[], None]) -> AsyncIterator[Any]:
        with suppress(asyncio.CancelledError):
            opening.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()
        yield

    supervisor = Supervisor("CRM", swallow, ignore_change, timing=QUICK)
    supervisor.start()
    await opening.wait()
    async with asyncio.timeout(30):
        await supervisor.stop()
    assert supervisor.status.state is UpstreamState.stopped
