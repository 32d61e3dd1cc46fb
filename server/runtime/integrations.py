"""Loading, starting and stopping the integrations. A broken one becomes a state with a sentence; the others run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from server.access.oauth.scopes import describe_scope
from server.core.errors import DeskhandError, Unavailable
from server.http.deferred_routes import DeferredRoutes, building
from server.sdk.context import Context
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operation, Operations, operation_of
from server.sdk.search import Lookup
from server.sdk.webhook import WebhookRouter

log = logging.getLogger(__name__)

START_SECONDS = 15.0  # an integration that takes longer to load and start is broken
STOPPING = "Deskhand is stopping. Try again when it runs."
NEXT_SECONDS = 1.0  # a load that takes longer no longer holds up the next one

Discover = Callable[[], Sequence[Integration]]


class State(StrEnum):
    """State of an integration."""

    loading = "loading"  #: it is being loaded and started
    running = "running"  #: it answers
    broken = "broken"  #: it could not be started; its addresses say why


@dataclass
class LoadedIntegration:
    """An integration as it is now. `problem`: a sentence for the person. `service`: what it started, if it runs.

    `settled`: set once it runs or is broken. `stopping`: set to have it stop.
    """

    integration: Integration
    parts: IntegrationSpec | None = None
    service: Health | None = None
    state: State = State.loading
    problem: str | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Prefixes of its paths, on both surfaces. A callback may have any path."""
        anywhere = ("",) if self.parts and self.parts.callbacks else ()
        return (*self.integration.prefixes, f"/api/{self.integration.name}", *anywhere)

    def owns(self, path: str) -> bool:
        """Check whether a path lies under one of its prefixes."""
        own = (*self.integration.prefixes, f"/api/{self.integration.name}")
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in own)

    def fail(self, error: Exception) -> None:
        """Record why it could not be loaded or started."""
        self.parts, self.state, self.problem = None, State.broken, explain(self.integration, error)


MakeRoutes = Callable[[LoadedIntegration], Sequence[BaseRoute]]


@dataclass
class Runtime:
    """The integrations of a server. `services` holds what their routes are handed, by type.

    `core`: operations that belong to no integration. After `start` the integrations load while the server answers; after
    `describe` they are loaded at the first `wait`, and never started. `wait` before any of the lists is used.
    """

    members: list[LoadedIntegration] = field(default_factory=list)
    services: dict[type, Any] = field(default_factory=dict)
    core: tuple[Operations, ...] = ()
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
        self._loaded.set()
        context.events.publish("overview")

    async def _run(self, member: LoadedIntegration, load: Awaitable[None], context: Context, seconds: float) -> None:
        """Start an integration, wait until it is to stop, and stop it."""
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(seconds):
                        await load
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
        member.state = State.running

    async def wait_for(self, path: str) -> None:
        """Wait for the integration that a path belongs to; for all if it is nobody's."""
        if self._undescribed:
            await self.wait()
        if self.loading:
            await self._described.wait()
            for settled in [member.settled for member in self.members if member.owns(path)] or [self._loaded]:
                await settled.wait()

    def _settle(self, member: LoadedIntegration) -> None:
        for routes, make in self._surfaces:
            if member.parts:
                routes.add(member.prefixes, partial(self._make_routes, member, make))
            else:
                routes.extend(make(member))
        member.settled.set()

    def _load(self, member: LoadedIntegration) -> None:
        with building():
            member.parts = member.integration.load()

    def _make_routes(self, member: LoadedIntegration, make: MakeRoutes) -> Sequence[BaseRoute]:
        """Make the routes for one application; if they cannot be made, those that say so."""
        try:
            return make(member)
        except Exception as error:
            log.exception("The routes of %s could not be made.", member.integration.title)
            member.fail(error)
            return make(member)

    def operations(self) -> dict[str, Operation]:
        """The operations that are on now, by name."""
        own = [operation for router in self.core for operation in list_operations(router)]
        return {operation.name: operation for operation in (*(offered for _, offered in self._offered()), *own)}

    def routers(self) -> list[Operations]:
        """The routers with operations that are on now; those of no integration come last."""
        theirs = [router for member in self.members if member.parts for router in member.parts.public]
        return [*theirs, *self.core]

    def owners(self) -> dict[str, str]:
        """The name of the integration that each operation or kind of delivery belongs to, by its name in the activity."""
        deliveries = {
            name: member.integration.name
            for member in self.members
            for router in (member.parts.deliveries if member.parts else ())
            for name in (router.operations if isinstance(router, WebhookRouter) else ())
        }
        return {operation.name: member.integration.name for member, operation in self._offered()} | deliveries

    def lookups(self) -> list[Lookup]:
        """List the lookups, in the order of the integrations."""
        return [lookup for member in self.members if member.parts for lookup in member.parts.lookups]

    def _offered(self) -> Iterator[tuple[LoadedIntegration, Operation]]:
        for member in self.members:
            for router in member.parts.public if member.parts else ():
                yield from ((member, operation) for operation in list_operations(router))

    def scopes(self) -> dict[str, str]:
        """Label each scope of the operations that are on now, sorted. Operations that every client has need none."""
        labels = {scope: label for member in self.members for scope, label in member.integration.scopes.items()}
        scopes = sorted({operation.scope for operation in self.operations().values() if operation.scope})
        return {scope: describe_scope(scope, labels) for scope in scopes}

    def has_undo(self, operation: str) -> bool:
        """Return whether an operation has an inverse now."""
        return any(member.service and member.parts and operation in member.parts.undos for member in self.members)

    async def undo(self, operation: str, arguments: Mapping[str, Any]) -> None:
        """Do the opposite of an operation, for the person. Raises LookupError without an inverse."""
        running = [(member.parts.undos, member.service) for member in self.members if member.service and member.parts]
        undo, service = next((undos[operation], service) for undos, service in running if operation in undos)
        await undo(service, arguments)

    def running(self) -> list[Health]:
        """List the services of the running integrations."""
        return [member.service for member in self.members if member.service]


def list_operations(router: Operations) -> list[Operation]:
    """List the operations of a router, in the order of their declaration."""
    return [operation for endpoint in router.endpoints if (operation := operation_of(endpoint))]


def explain(integration: Integration, error: Exception) -> str:
    """Explain in a sentence why an integration is broken."""
    if isinstance(error, DeskhandError):
        return error.detail
    if isinstance(error, TimeoutError):
        return f"{integration.title} took too long to start. Start Deskhand again; its log says more."
    return f"{integration.title} could not be started. Deskhand's log says why."
