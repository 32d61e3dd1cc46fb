"""Server from start to stop: everything is started in order and stopped in reverse."""

import asyncio
import gc
import logging
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.access.activity.log import RETENTION, Retention
from server.access.oauth.models import ClientCredentials
from server.core.clock import Clock
from server.core.errors import DeskhandError
from server.core.version import read_version
from server.http.addresses import Address
from server.http.ports import bind_or_say, bind_public
from server.http.server import Limits, Listener
from server.integrations import discover
from server.lifecycle import crash_log, runtime_file
from server.lifecycle.logging import file_logging
from server.local.app import create_local
from server.local.restored_settings import find_notice
from server.public.app import create_public
from server.runtime.state import RateLimits, State, open_state
from server.sdk.desktop import NoScreen, Screen
from server.storage.data_dir import DataDir, open_home, warn_if_readable
from server.system.memory import return_large_blocks
from server.system.sleep_monitor import watch_sleep
from server.tunnel.backoff import Timing
from server.tunnel.models import TunnelState
from server.tunnel.request_counter import RequestCountingMiddleware

if TYPE_CHECKING:
    from server.demo.traffic import TrafficSchedule

log = logging.getLogger(__name__)

KILLED = "Deskhand was stopped unexpectedly last time. Requests that were running then are marked in the activity."


@dataclass(frozen=True)
class Options:
    """Options of a run. `port` None: 8000, or the next free one. `tunnel`: open it before the server is ready.

    `first_key`: the key of a first client, made at a first start. `openai`: a GPT's id and secret that the environment holds.
    `visitor`: how often the demo's ChatGPT calls; None: never.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    local_port: int = 0
    public_url: str | None = None
    tunnel: bool = False
    demo: bool = False
    visitor: "TrafficSchedule | None" = None
    data_dir: Path | None = None
    first_key: str | None = None
    openai: ClientCredentials | None = None
    rules: RateLimits = field(default_factory=RateLimits)
    sockets: Limits = field(default_factory=Limits)
    tunnel_timing: Timing = field(default_factory=Timing)
    prune_seconds: float = 6 * 3600


@dataclass(frozen=True)
class Ready:
    """Result of a start. `notices`: sentences for the person."""

    public: str
    local: str
    runtime_file: str
    pid: int
    notices: tuple[str, ...] = ()


@dataclass
class Program:
    """A server from its start to its stop. `stop` may be called on any thread, and before `run`."""

    options: Options
    screen: Screen = field(default_factory=NoScreen)
    clock: Clock = field(default_factory=Clock)
    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: bool = False
    _restarted: bool = False

    async def run(self, on_ready: Callable[[Ready], None]) -> None:
        """Serve until `stop`. Raises DeskhandError, with a sentence for the person, when it cannot start."""
        self._loop = asyncio.get_running_loop()
        return_large_blocks()
        with open_home(self.options.data_dir, demo=self.options.demo) as home:
            restarting, killed = True, runtime_file.forget(home.folders.data)
            while restarting:
                restarting = await self._run_once(home, on_ready, killed=killed)
                killed = False

    async def _run_once(self, home: DataDir, on_ready: Callable[[Ready], None], *, killed: bool) -> bool:
        """Serve until the end or a restart. Returns whether to start again."""
        options = self.options
        async with AsyncExitStack() as stack:
            crashed = stack.enter_context(crash_log.crash_reporting(home.folders.logs, self.clock))
            log_file = stack.enter_context(file_logging(home.folders.logs))
            public, moved = bind_public(options.host, options.port)
            stack.enter_context(public)
            local = stack.enter_context(bind_or_say("127.0.0.1", options.local_port))
            address = Address(public.getsockname()[1], local.getsockname()[1], options.host)
            address.set_public_url(options.public_url)
            state = await stack.enter_async_context(
                open_state(
                    home,
                    address,
                    demo=options.demo,
                    rules=options.rules,
                    screen=self.screen,
                    clock=self.clock,
                    tunnel_timing=options.tunnel_timing,
                )
            )
            last = KILLED if killed else None
            own = [
                lambda: moved,
                lambda: state.oauth.notice,
                lambda: crashed.sentence or last,
                lambda: warn_if_readable(home),
                lambda: self.screen.notice,
                lambda: find_notice(state),
            ]
            state.notices.extend(own)
            state.problem_sources.append(lambda: log_file.problem)
            stack.push_async_callback(state.runtime.stop)
            log.info("Deskhand %s starts at port %d, locally at %d.", read_version(), address.public_port, address.local_port)
            stack.push_async_callback(state.tunnel.stop)
            with ungrouped_errors():
                await self._serve(state, public, local, on_ready)
        if self._ended or state.quitting.is_set() or not state.restarting.is_set():
            return False
        self.options = replace(self.options, port=address.public_port, local_port=address.local_port, visitor=None)
        self._stopping.clear()
        self._restarted = True
        return True

    def stop(self) -> None:
        """Ask the server to stop; `run` returns when it has."""
        self._ended = True
        if self._loop is None:
            self._stopping.set()
            return
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self, state: State, public: socket.socket, local: socket.socket, on_ready: Callable[[Ready], None]) -> None:
        sockets = self.options.sockets
        counted = RequestCountingMiddleware(create_public(state), state.tunnel.status.counter)
        listeners = [Listener(counted, public, sockets), Listener(create_local(state), local, sockets)]
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(listener.run_until_stopped()) for listener in listeners]
            try:
                for listener in listeners:
                    await listener.ready.wait()
                await self._make_clients(state)
                await state.tunnel.start(wanted=self.options.tunnel)
                if self.options.tunnel:  # its address is waited for, and without one it goes on
                    await self._wait_until(state.tunnel.status.wait_until_settled())
                self._start_tasks(state)
                await self._stay(state, on_ready)
                if state.tunnel.state is TunnelState.off:  # the person has closed it, also for after a restart
                    self.options = replace(self.options, tunnel=False)
            finally:  # whatever happened: a listener that is not stopped, but cancelled, never ends
                log.info("Deskhand stops.")
                await state.guard.streams.close()  # with an event that says so, also through the tunnel
                await state.tunnel.stop()  # so that nobody comes in any more
                state.runtime.stop_loading()
                state.approvals.stop()  # who waits here for the person is answered before the sockets go
                await state.runner.stop()
                state.context.events.close()  # open streams say goodbye before their sockets go
                for hook in state.shutdown_hooks:
                    await hook()
                for listener in listeners:
                    listener.stop()
                await asyncio.wait(serving)

    def _start_tasks(self, state: State) -> None:
        tasks = state.context.tasks
        tasks.repeat(partial(prune, state), lambda: self.options.prune_seconds, name="remove old activity")
        tasks.start(watch_sleep(state.report_wake_up, self.clock), name="watch for sleep of the computer")
        tasks.start(state.updates.run(), name="look for a newer version")
        tasks.start(state.run_approvals(), name="watch the approval requests")
        state.webhooks.start()
        tasks.start(self._stop_when(state.quitting), name="wait for the window's Quit")
        tasks.start(self._stop_when(state.restarting), name="wait for a restored backup")

    async def _stop_when(self, event: asyncio.Event) -> None:
        await event.wait()
        self._stopping.set()

    async def _stay(self, state: State, on_ready: Callable[[Ready], None]) -> None:
        """Report that the server is ready, and wait until it is to stop."""
        address = state.address
        running = runtime_file.make(address.public, address.public_port, address.local, state.key)
        with runtime_file.publish(state.home.folders.data, running) as file:
            on_ready(Ready(running.public, running.local, str(file), running.pid, tuple(state.list_notices())))
            state.runtime.start(state.context, discover)
            if self._restarted:
                state.context.tasks.start(self._show_window(), name="show the window again")
            await self._wait_until(state.runtime.wait())
            async with self._traffic(state):
                with rare_collections():
                    await self._stopping.wait()

    async def _show_window(self) -> None:
        """Show the window again after a restart, which the person asked for there."""
        with suppress(DeskhandError):  # there is no screen
            await asyncio.to_thread(self.screen.show_window, "settings")

    def _traffic(self, state: State) -> AbstractAsyncContextManager[None]:
        if self.options.visitor is None or self._stopping.is_set():
            return nullcontext()
        from server.demo.traffic import simulated_traffic

        return simulated_traffic(state, self.options.visitor)

    async def _wait_until(self, condition: Coroutine[Any, Any, None]) -> None:
        """Wait for something, but no longer than until the server is to stop."""
        waits = [asyncio.ensure_future(awaited) for awaited in (condition, self._stopping.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _make_clients(self, state: State) -> None:
        """Make the clients that the environment names. Their scopes are the integrations', so these are loaded first."""
        options = self.options
        if options.openai or (options.first_key and not await state.clients.list()):
            state.runtime.start(state.context, discover)
            await self._wait_until(state.runtime.wait())
            if options.first_key and not await state.clients.list():  # a revoked one is not made again
                await state.clients.create("first", frozenset(state.runtime.scopes()), {}, key=options.first_key)
            if options.openai:
                scopes = (member.integration.openai_scopes for member in state.runtime.members)
                await state.programs.add_openai(options.openai, frozenset[str]().union(*scopes))


@contextmanager
def ungrouped_errors() -> Iterator[None]:
    """Raise a DeskhandError in place of the ExceptionGroup of a task group: its sentence is shown, and it is no crash."""
    try:
        yield
    except ExceptionGroup as group:
        expected, others = group.split(DeskhandError)
        if expected and not others:
            raise expected.exceptions[0] from None
        raise


async def prune(state: State) -> None:
    """Remove activity, approvals and sign-ins that are older than the person's settings say."""
    retention = state.context.settings.read(RETENTION, Retention)
    await state.activity.prune(retention)
    await state.approvals.prune(retention.payload_days)
    await state.oauth.prune()
    await state.webhooks.log.prune()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Exempt what exists now from garbage collection: looking at it again and again makes the slowest answers slow."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def read_openai(environment: Mapping[str, str]) -> ClientCredentials | None:
    """A GPT's id and secret, where the environment holds both."""
    client_id, secret = (environment.get(f"OPENAI_CLIENT_{name}", "").strip() for name in ("ID", "SECRET"))
    return ClientCredentials(client_id, secret) if client_id and secret else None
