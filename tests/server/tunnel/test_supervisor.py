import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from server.core.errors import Unavailable
from server.http.addresses import Address
from server.runtime.state import State, open_state
from server.sdk.desktop import NoScreen
from server.storage.data_dir import open_home
from server.tunnel.backoff import Timing
from server.tunnel.models import TunnelState
from server.tunnel.ngrok import Ngrok
from server.tunnel.provider import EventKind, TunnelError, TunnelEvent, TunnelRequest
from server.tunnel.status import TunnelStatus
from server.tunnel.supervisor import Supervisor
from tests.server.listening import until
from tests.server.tunnel.tunnels import QUICK, agents, open_tunnel, read
from tests.server.tunnel.tunnels import until as until_tunnel

FAST = Timing(open=10, check=10, first_delay=0.01, longest_delay=0.01, max_restarts=2)
OFFLINE = TunnelError("ngrok could not be reached.", transient=True)
REVOKED = TunnelError("ngrok does not know this authtoken any more.", "Copy it again.")
UP = TunnelEvent(EventKind.up, "https://desk.ngrok.app")


@dataclass
class Session:
    """Session that a test drives. `problem`: result of a check. `last_words`: error in the event that follows its closing."""

    request: TunnelRequest
    emit: Callable[[TunnelEvent], None]
    problem: TunnelError | None = None
    last_words: TunnelError | None = None
    checks: int = 0
    closed: int = 0

    def check(self) -> TunnelError | None:
        self.checks += 1
        return self.problem

    def close(self) -> None:
        self.closed += 1
        if self.last_words:
            self.emit(TunnelEvent(EventKind.ended, error=self.last_words))


@dataclass(frozen=True)
class ScriptedProvider(Ngrok):
    """Provider without an agent, whose next sessions begin with these events."""

    script: list[list[TunnelEvent]] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def start(self, request: TunnelRequest, on_event: Callable[[TunnelEvent], None]) -> Session:
        session = Session(request, on_event)
        self.sessions.append(session)
        for event in self.script.pop(0) if self.script else []:
            on_event(event)
        return session


class Screen(NoScreen):
    def __init__(self) -> None:
        self.shown: list[str] = []

    def notify(self, title: str, text: str) -> None:
        assert text
        self.shown.append(title)


class Bench:
    """A supervisor with a scripted provider."""

    def __init__(self, state: State, screen: Screen) -> None:
        self.screen, self.clock, self.provider = screen, state.context.clock, ScriptedProvider()
        self.status = TunnelStatus(state.context, state.address, self.provider, None, demo=False)
        self.supervisor: Supervisor | None = None
        self.requests = 0

    async def make_request(self) -> TunnelRequest:
        self.requests += 1
        return TunnelRequest("http://127.0.0.1:9", ("agent",), Path())

    async def start(self, *script: list[TunnelEvent], retry: bool = False, timing: Timing = FAST, make=None) -> Supervisor:
        self.provider.script.extend(script)
        self.supervisor = Supervisor(self.status, self.provider, make or self.make_request, timing, self.clock, retry=retry)
        await self.status.set_opening()
        return self.supervisor

    async def until_state(self, state: TunnelState) -> None:
        await until(lambda: self.status.state is state)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    screen = Screen()
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address(1, 2), screen=screen) as state:
            bench = Bench(state, screen)
            yield bench
            if bench.supervisor:
                await bench.supervisor.end()


def ended(error: TunnelError | None) -> TunnelEvent:
    return TunnelEvent(EventKind.ended, error=error)


@pytest.mark.parametrize("retry", [True, False])
async def test_transient_failure_before_the_first_opening_is_retried_only_if_wanted(bench, retry) -> None:
    await bench.start([ended(OFFLINE)], [ended(OFFLINE)], [ended(OFFLINE)], [UP], retry=retry)
    await bench.until_state(TunnelState.failed)
    assert bench.status.problem == "ngrok could not be reached."
    assert bench.status.error.transient
    assert len(bench.provider.sessions) == (3 if retry else 1)
    await until(lambda: bench.screen.shown == (["Deskhand is not reachable"] if retry else []))


async def test_pause_before_a_retry_is_shown_as_reconnecting(bench) -> None:
    await bench.start([ended(OFFLINE)], [UP], retry=True, timing=replace(FAST, first_delay=60, longest_delay=60))
    await bench.until_state(TunnelState.reconnecting)
    assert bench.status.problem == "ngrok could not be reached."
    bench.supervisor.check_now()
    await bench.until_state(TunnelState.open)


async def test_permanent_failure_is_not_retried(bench) -> None:
    await bench.start([ended(REVOKED)], [UP], retry=True)
    await bench.until_state(TunnelState.failed)
    assert (bench.status.problem, bench.requests) == (REVOKED.detail, 1)


async def test_session_that_was_open_is_replaced_after_a_transient_end(bench) -> None:
    other = TunnelEvent(EventKind.up, "https://other.ngrok.app")
    await bench.start([UP, ended(OFFLINE)], [other])
    await until(lambda: bench.status.address == "https://other.ngrok.app")
    assert bench.provider.sessions[0].closed
    await until(lambda: bench.screen.shown == ["New address"])


async def test_failed_check_replaces_the_session(bench) -> None:
    await bench.start([UP], [UP], timing=replace(FAST, check=0.05))
    await bench.until_state(TunnelState.open)
    first = bench.provider.sessions[0]
    await until(lambda: first.checks >= 2)
    assert (len(bench.provider.sessions), bench.status.state) == (1, TunnelState.open)
    first.problem = TunnelError("ngrok has closed the tunnel.", transient=True)
    await until(lambda: len(bench.provider.sessions) == 2 and bench.status.state is TunnelState.open)
    assert first.closed


async def test_check_now_does_not_wait_for_the_interval(bench) -> None:
    await bench.start([UP])
    await bench.until_state(TunnelState.open)
    bench.supervisor.check_now()
    await until(lambda: bench.provider.sessions[0].checks == 1)


async def test_session_that_does_not_open_in_time_is_closed_and_its_reason_shown(bench) -> None:
    await bench.start([], timing=replace(FAST, open=0.5))
    await until(lambda: bench.provider.sessions)
    bench.provider.sessions[0].last_words = OFFLINE
    await bench.until_state(TunnelState.failed)
    assert bench.status.problem == OFFLINE.detail


async def test_lost_connection_keeps_the_session(bench) -> None:
    await bench.start([UP, TunnelEvent(EventKind.down, error=OFFLINE)])
    await bench.until_state(TunnelState.reconnecting)
    bench.provider.sessions[0].emit(UP)
    await bench.until_state(TunnelState.open)
    assert len(bench.provider.sessions) == 1


@pytest.mark.parametrize(
    ("error", "sentence", "transient"),
    [(Unavailable("The keyring is locked."), "keyring is locked", True), (RuntimeError("secret"), "tunnel has failed", False)],
)
async def test_error_before_a_session_is_a_failure_with_a_sentence(bench, error, sentence, transient) -> None:
    async def refuse() -> TunnelRequest:
        raise error

    await bench.start(make=refuse)
    await bench.until_state(TunnelState.failed)
    assert sentence in bench.status.problem
    assert (bench.status.error.transient, bench.provider.sessions) == (transient, [])


async def test_end_closes_the_session(bench) -> None:
    supervisor = await bench.start([UP])
    await bench.until_state(TunnelState.open)
    await supervisor.end()
    assert bench.provider.sessions[0].closed
    bench.provider.sessions[0].emit(ended(OFFLINE))
    bench.supervisor.check_now()
    assert (bench.status.state, len(bench.provider.sessions)) == (TunnelState.open, 1)


def test_real_agent_that_hangs_is_noticed_and_replaced(serve) -> None:
    served = serve(demo=True, tunnel_timing=replace(QUICK, api=1))
    address = open_tunnel(served)
    agent = agents(served.data)[0]
    agent.suspend()  # its API accepts connections and never answers
    assert until_tunnel(served, "open", lambda view: view["address"] != address)["address"]
    assert not agent.is_running()


def test_real_agent_that_works_passes_each_check(serve) -> None:
    served = serve(demo=True, tunnel_timing=replace(QUICK, check=0.02))
    address = open_tunnel(served)
    began = time.monotonic()
    while time.monotonic() - began < 0.3:
        view = read(served)
        assert (view["state"], view["address"]) == ("open", address)


async def test_end_waits_for_an_agent_that_is_being_closed_already(bench, monkeypatch) -> None:
    closing, released, close = threading.Event(), threading.Event(), Session.close

    def close_slowly(session: Session) -> None:
        closing.set()
        assert released.wait(60)
        close(session)

    supervisor = await bench.start([UP])
    await bench.until_state(TunnelState.open)
    monkeypatch.setattr(Session, "close", close_slowly)
    (session,) = bench.provider.sessions
    session.problem = OFFLINE
    supervisor.check_now()
    assert await asyncio.to_thread(closing.wait, 60)
    ending = asyncio.create_task(supervisor.end())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.2, released.set)
    await ending
    assert session.closed
