"""Starts the integrations one by one. A broken one becomes a state with a sentence, and the others run."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from server.access.oauth.scopes import describe_scope
from server.core.errors import DeskhandError
from server.sdk.context import Context
from server.sdk.demo import DemoScript
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operation, Operations, operation_of
from server.sdk.search import Lookup

log = logging.getLogger(__name__)

START_SECONDS = 15.0  # an integration that takes longer to start is broken


class State(StrEnum):
    """How an integration is."""

    running = "running"  #: it answers
    broken = "broken"  #: it could not be started; its addresses say why


@dataclass
class LoadedIntegration:
    """An integration as it is now. `problem` is a sentence for the person. `service`: what it started, if it runs."""

    integration: Integration
    parts: IntegrationSpec | None = None
    service: Health | None = None
    state: State = State.broken
    problem: str | None = None


@dataclass
class Runtime:
    """The integrations of a running server. `services` holds what their routes are handed, by type.

    `core`: operations that belong to no integration.
    """

    members: list[LoadedIntegration] = field(default_factory=list)
    services: dict[type, Any] = field(default_factory=dict)
    core: tuple[Operations, ...] = ()
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self, context: Context, described: list[Integration], seconds: float = START_SECONDS) -> None:
        """Start all, in order. Never raises for one of them."""
        for integration in described:
            member = LoadedIntegration(integration)
            self.members.append(member)
            try:
                async with asyncio.timeout(seconds):
                    await self._start_one(member, context)
            except Exception as error:
                log.exception("%s could not be started.", integration.title)
                member.problem = describe(integration, error)

    def describe(self, described: list[Integration]) -> None:
        """Know the integrations without starting any: the command line's way while no server runs."""
        for integration in described:
            member = LoadedIntegration(integration)
            self.members.append(member)
            try:
                member.parts = integration.load()
            except Exception as error:
                log.exception("%s could not be loaded.", integration.title)
                member.problem = describe(integration, error)

    async def _start_one(self, member: LoadedIntegration, context: Context) -> None:
        parts = member.integration.load()
        if context.demo and parts.fake:
            await self._stack.enter_async_context(parts.fake(context))
        service = await self._stack.enter_async_context(parts.start(context))
        self.services[type(service)] = service
        member.parts, member.service, member.state = parts, service, State.running

    async def stop(self) -> None:
        """Stop all, in reverse."""
        await self._stack.aclose()

    def operations(self) -> dict[str, Operation]:
        """The operations that are on now, by name."""
        own = [operation for router in self.core for operation in list_operations(router)]
        return {operation.name: operation for operation in (*(offered for _, offered in self._offered()), *own)}

    def routers(self) -> list[Operations]:
        """The routers with operations that are on now; those of no integration come last."""
        theirs = [router for member in self.members if member.parts for router in member.parts.public]
        return [*theirs, *self.core]

    def owners(self) -> dict[str, str]:
        """The name of the integration that each operation belongs to, by the operation's name."""
        return {operation.name: member.integration.name for member, operation in self._offered()}

    def lookups(self) -> list[Lookup]:
        """What can be looked up, in the order of the integrations."""
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

    def running(self) -> list[Health]:
        """List the services of the running integrations."""
        return [member.service for member in self.members if member.service]

    def demo_scripts(self) -> list[DemoScript]:
        """List the demo scripts of the running integrations."""
        return [member.parts.demo for member in self.members if member.parts and member.parts.demo]


def list_operations(router: APIRouter) -> list[Operation]:
    """The operations of a router, in the order of their declaration."""
    found = (operation_of(route.endpoint) for route in iter_route_contexts(router.routes))
    return [operation for operation in found if operation]


def describe(integration: Integration, error: Exception) -> str:
    """Say in a sentence why an integration is broken."""
    if isinstance(error, DeskhandError):
        return error.detail
    if isinstance(error, TimeoutError):
        return f"{integration.title} took too long to start. Start Deskhand again; its log says more."
    return f"{integration.title} could not be started. Deskhand's log says why."
