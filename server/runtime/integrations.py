"""Loading, starting and stopping the integrations. A broken one becomes a state with a sentence; the others run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from server.core.errors import InvalidInput, Unavailable
from server.core.events import Events
from server.http.deferred_routes import DeferredRoutes, building
from server.http.dynamic_routes import DynamicRoutes
from server.runtime.catalogue import Catalogue, LoadedIntegration, State
from server.runtime.declarations import check_declarations
from server.sdk.context import Context
from server.sdk.dynamic import make_routes
from server.sdk.integration import Integration

log = logging.getLogger(__name__)

START_SECONDS = 60.0  # an integration that takes longer to start is broken; to load, a slow computer may take any time
STOPPING = "Deskhand is stopping. Try again when it runs."
NEXT_SECONDS = 1.0  # a load that takes longer no longer holds up the next one

Discover = Callable[[], Sequence[Integration]]
MakeRoutes = Callable[[LoadedIntegration], Sequence[BaseRoute]]


@dataclass
class Runtime(Catalogue):
    """The integrations of a server. `services` holds what their routes are handed, by type.

    After `start` the integrations load while the server answers; after
    `describe` they are loaded at the first `wait`, and never started. `wait` before any of the lists is used.
    """

    services: dict[type, Any] = field(default_factory=dict)
    dynamic: DynamicRoutes = field(default_factory=DynamicRoutes)
    _events: Events = field(default_factory=Events)
    _refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _surfaces: list[tuple[DeferredRoutes, MakeRoutes]] = field(default_factory=list)
    _undescribed: Discover | None = None
    _loader: asyncio.Task[None] | None = None
    _running: list[tuple[LoadedIntegration, asyncio.Task[None]]] = field(default_factory=list)
    _described: asyncio.Event = field(default_factory=asyncio.Event)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def loading(self) -> bool:
        """True until every integration is running or broken."""
        return not self._loaded.is_set()

    def attach(self, routes: DeferredRoutes, make_routes: MakeRoutes) -> None:
        """Give an application the routes of each integration, once that has settled."""
        self._surfaces.append((routes, make_routes))
        for member in self.members:
            if member.settled.is_set():
                routes.add(member.prefixes, partial(self._make_routes, member, make_routes))

    def describe(self, find: Discover) -> None:
        """Load the integrations at the first `wait`, and start none: for the command line while no server runs."""
        self._undescribed = find

    def start(self, context: Context, find: Discover, seconds: float = START_SECONDS) -> None:
        """Begin to load and start the integrations, unless that has begun. Each has so many seconds."""
        if not self._loader:
            self._events, context.operations.apply, context.operations.list_names = context.events, self.refresh, self.list_names
            self._loader = asyncio.create_task(self._start_all(context, find, seconds))

    async def wait(self) -> None:
        """Wait until every integration runs or is broken."""
        if find := self._undescribed:
            self._undescribed = None
            for member in map(LoadedIntegration, await asyncio.to_thread(find)):
                await self._describe(member)
            self._loaded.set()
        await self._loaded.wait()

    def stop_loading(self) -> None:
        """Begin no more, and cancel what is starting; requests that waited for it are refused."""
        if not (self._loader and self.loading):
            return
        self._loader.cancel()
        for member, task in self._running:
            if not member.settled.is_set():
                task.cancel()
        for member in self.members:
            if not member.settled.is_set():
                member.fail(Unavailable(STOPPING))
                self._settle(member)
        self._described.set()
        self._loaded.set()

    async def stop(self) -> None:
        """Stop all, the last one first."""
        self.stop_loading()
        for member, task in reversed(self._running):
            member.stopping.set()
            await asyncio.wait([task])
        self._running.clear()

    async def _describe(self, member: LoadedIntegration) -> None:
        self.members.append(member)
        try:
            await asyncio.to_thread(self._load, member)
        except Exception as error:
            log.exception("%s could not be loaded.", member.integration.title)
            member.fail(error)
        member.state = State.broken
        self._settle(member)

    async def _start_all(self, context: Context, find: Discover, seconds: float) -> None:
        self.members += map(LoadedIntegration, await asyncio.to_thread(find))
        self._described.set()
        for member in self.members:
            load = asyncio.ensure_future(asyncio.to_thread(self._load, member))
            self._running.append((member, asyncio.create_task(self._run(member, load, context, seconds))))
            await asyncio.wait([load], timeout=NEXT_SECONDS)
        for member in self.members:
            await member.settled.wait()
        await self._check_dynamic()
        self._loaded.set()
        context.events.publish("overview")

    async def _run(self, member: LoadedIntegration, load: Awaitable[None], context: Context, seconds: float) -> None:
        """Start an integration, wait until it is to stop, and stop it."""
        try:
            async with AsyncExitStack() as stack:
                try:
                    await load
                    async with asyncio.timeout(seconds):
                        await self._start(member, context, stack)
                except Exception as error:
                    log.exception("%s could not be started.", member.integration.title)
                    member.fail(error)
                self._settle(member)
                await member.stopping.wait()
        except Exception:
            log.exception("%s could not be stopped.", member.integration.title)

    async def _start(self, member: LoadedIntegration, context: Context, stack: AsyncExitStack) -> None:
        if member.parts is None:
            raise RuntimeError("It was not loaded.")
        if context.demo and member.parts.fake:
            await stack.enter_async_context(member.parts.fake(context))
        member.service = await stack.enter_async_context(member.parts.start(context))
        self.services[type(member.service)] = member.service
        if member.parts.dynamic:
            await self.refresh()
        member.state = State.running

    async def wait_for(self, path: str) -> None:
        """Wait for the integration that a path belongs to; for all if it is nobody's."""
        if self._undescribed:
            await self.wait()
        if self.loading:
            await self._described.wait()
            for settled in [member.settled for member in self.members if member.owns(path)] or [self._loaded]:
                await settled.wait()

    async def refresh(self) -> None:
        """Put the dynamic operations in force as they are now. Raises InvalidInput; then the former stay."""
        async with self._refreshing:
            offered = [
                (member, member.parts.dynamic(member.service))
                for member in self.members
                if member.service and member.parts and member.parts.dynamic
            ]
            sources = [(routers, member.owns) for member, routers in offered]
            routes = await asyncio.to_thread(make_routes, sources, self.list_taken())
            for member, routers in offered:
                member.dynamic = routers
            self.dynamic.replace(routes)
            self.revision += 1  # after the change: what is made meanwhile belongs to the former revision
        for member, _ in offered:
            self._events.publish(member.integration.name)

    async def _check_dynamic(self) -> None:
        """Fail the integrations whose dynamic operations have a name of another one that was loaded after them."""
        dynamic = [member for member in self.members if member.dynamic]
        try:
            if dynamic:
                await self.refresh()
        except InvalidInput as error:
            log.exception("The dynamic operations could not be put in force.")
            for member in dynamic:
                member.fail(error)
            await self.refresh()

    def _settle(self, member: LoadedIntegration) -> None:
        for routes, make in self._surfaces:
            if member.parts:
                routes.add(member.prefixes, partial(self._make_routes, member, make))
            else:
                routes.extend(make(member))
        member.settled.set()

    def _load(self, member: LoadedIntegration) -> None:
        with building():
            parts = member.integration.load()
            check_declarations(member, parts, self.list_names())
            member.parts = parts

    def _make_routes(self, member: LoadedIntegration, make: MakeRoutes) -> Sequence[BaseRoute]:
        """Make the routes for one application; if they cannot be made, those that say so."""
        try:
            return make(member)
        except Exception as error:
            log.exception("The routes of %s could not be made.", member.integration.title)
            member.fail(error)
            return make(member)
