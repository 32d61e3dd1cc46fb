"""Keeps one session with an upstream server open: opens it again when it ends, with backoff and up to a limit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from server.core.backoff import Backoff, BackoffLimits
from server.core.clock import Clock
from server.core.errors import DeskhandError, NotAuthenticated, SignInNeeded, Unavailable
from server.integrations.tools.models import Block, Catalog, ServerInfo, ToolResult, UpstreamState, UpstreamStatus

log = logging.getLogger(__name__)

GIVEN_UP = "Deskhand has started it several times. Start it again when you have had a look."
ENDED = (UpstreamState.stopped, UpstreamState.failed)
CANCEL_SECONDS = 15  # within which a session ends, its process included


@dataclass(frozen=True)
class Timing(BackoffLimits):
    """All durations of a session, in seconds.

    `wait`: limit for a call to wait for a session that is starting. `relist`: shortest time between two listings; it doubles
    up to `longest_relist` while the server says again and again that its lists have changed.
    """

    first_delay: float = 0.5
    longest_delay: float = 60.0
    max_restarts: int = 30
    window: float = 600.0
    wait: float = 20.0
    relist: float = 2.0
    longest_relist: float = 300.0


class UpstreamSession(Protocol):
    """Open session with a server."""

    latency: float | None

    @property
    def info(self) -> ServerInfo: ...

    async def wait_ended(self) -> str: ...

    async def list_all(self) -> Catalog: ...

    async def call_tool(
        self, name: str, arguments: dict[str, object], seconds: float = ..., *, changes: bool = ...
    ) -> ToolResult: ...

    async def read_resource(self, uri: str, seconds: float = ...) -> tuple[Block, ...]: ...

    async def get_prompt(self, name: str, arguments: dict[str, str], seconds: float = ...) -> tuple[Block, ...]: ...


def ignore_change() -> None:
    """Ignore a change of a session whose state nobody sees."""


OpenSession = Callable[[Callable[[], None]], AbstractAsyncContextManager[UpstreamSession]]


class Supervisor:
    """One upstream server for one identity.

    `open_session` gets the function that it calls when the server's lists have changed. `on_change` is called after every change
    of `status` or `catalog`. The catalog stays when a session ends: its tools are listed, and a call waits for the next session.
    `is_refused`: the server did not accept its credentials.
    """

    def __init__(
        self,
        title: str,
        open_session: OpenSession,
        on_change: Callable[[], None],
        *,
        timing: Timing | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._title, self._open_session, self._on_change = title, open_session, on_change
        self._timing, self._clock = timing or Timing(), clock or Clock()
        self._task: asyncio.Task[None] | None = None
        self._session: UpstreamSession | None = None
        self._changed, self._settled = asyncio.Event(), asyncio.Event()
        self.is_refused = False
        self.status = UpstreamStatus()
        self.catalog = Catalog()

    def start(self) -> None:
        """Start it, also after it has failed; a running one is left alone."""
        if self._task is None or self._task.done():
            self.is_refused = False
            self._set(UpstreamState.starting, restarts=0)
            self._task = asyncio.create_task(self._run(), name=f"keep “{self._title}” running")

    async def stop(self) -> None:
        """End the session and wait until its processes are gone."""
        task, self._task = self._task, None
        while task and not task.done():
            task.cancel()  # again, if a library has swallowed it
            await asyncio.wait([task], timeout=CANCEL_SECONDS)
        if task:
            await asyncio.gather(task, return_exceptions=True)
        self._set(UpstreamState.stopped)

    async def wait_changed(self) -> None:
        """Wait for the next state."""
        await self._settled.wait()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[UpstreamSession]:
        """Return the open session, and wait for one that is starting. Raises Unavailable with the reason if there is none."""
        session = self._session or await self._wait_for_session()
        if session is None:
            reason = f" {self.status.error}" if self.status.error else ""
            raise Unavailable(f"“{self._title}” is not running.{reason}", retry_after=5)
        yield session
        self.status = self.status.model_copy(update={"latency": session.latency})

    async def _wait_for_session(self) -> UpstreamSession | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.wait):
                while self._session is None and self.status.state not in ENDED:
                    await self._settled.wait()
        return self._session

    async def _run(self) -> None:
        backoff = Backoff(self._timing)
        try:
            while True:
                error = await self._run_session()
                if isinstance(error, SignInNeeded | NotAuthenticated):
                    self.is_refused = True
                    self._set(UpstreamState.failed, error=error.detail)
                    return
                delay = backoff.next_delay(self._clock.monotonic())
                if delay is None:
                    self._set(UpstreamState.failed, error=f"{error.detail} {GIVEN_UP}" if self.status.restarts else error.detail)
                    return
                self._set(UpstreamState.waiting, error=error.detail)
                await asyncio.sleep(delay)
                self._set(UpstreamState.starting, error=error.detail, restarts=self.status.restarts + 1)
        finally:
            self._session = None

    async def _run_session(self) -> DeskhandError:
        """Open a session and follow it to its end; return the reason."""
        try:
            self._changed.clear()
            async with self._open_session(self._changed.set) as session:
                self.catalog = await session.list_all()
                self._session = session
                self._set(UpstreamState.ready, info=session.info, latency=session.latency)
                try:
                    return Unavailable(f"“{self._title}” {(await self._follow(session)).rstrip('.')}.")
                finally:
                    self._session = None
        except DeskhandError as error:
            return error
        except Exception as error:
            log.exception("A session with an MCP server failed.")
            return Unavailable(f"“{self._title}” failed ({type(error).__name__}).")

    async def _follow(self, session: UpstreamSession) -> str:
        """List again when the server says so, until the session ends; return the reason."""
        ended = asyncio.ensure_future(session.wait_ended())
        listing = asyncio.ensure_future(self._list_changes(session))
        try:
            await asyncio.wait([ended, listing], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return ended.result()
            listing.result()  # raises its error
            return "ended"
        finally:
            for task in (ended, listing):
                task.cancel()
            await asyncio.gather(ended, listing, return_exceptions=True)

    async def _list_changes(self, session: UpstreamSession) -> None:
        """List again after each change, the less often the more often it changes."""
        delay, listed = self._timing.relist, self._clock.monotonic()
        while True:
            await self._changed.wait()
            quiet = self._clock.monotonic() - listed
            delay = self._timing.relist if quiet > 2 * delay else min(2 * delay, self._timing.longest_relist)
            await asyncio.sleep(max(0.0, delay - quiet))
            self._changed.clear()
            try:
                catalog = await session.list_all()
            except DeskhandError as error:
                log.warning("The tools of an MCP server could not be listed again: %s", error.detail)
            else:
                if catalog != self.catalog:
                    self.catalog = catalog
                    self._on_change()
            listed = self._clock.monotonic()

    def _set(self, state: UpstreamState, **changes: object) -> None:
        """Note a new state; the error of an earlier one stays only if it is given again."""
        self.status = self.status.model_copy(update={"error": "", **changes, "state": state})
        settled, self._settled = self._settled, asyncio.Event()
        settled.set()
        self._on_change()
