"""The integrations as they are now, and what they offer."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from server.access.oauth.scopes import describe_scope
from server.core.errors import DeskhandError
from server.http.error_format import ErrorFormat
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health, HealthReading
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operation, Operations, operation_of
from server.sdk.search import Lookup
from server.sdk.webhook import WebhookRouter


class State(StrEnum):
    """State of an integration."""

    loading = "loading"  #: it is being loaded and started
    running = "running"  #: it answers
    broken = "broken"  #: it could not be started; its addresses say why


@dataclass
class LoadedIntegration:
    """An integration as it is now. `problem`: a sentence for the person. `service`: what it started, if it runs.

    `health`: that of the service, read last. `dynamic`: its dynamic operations in force. `settled`: set once it runs or is
    broken. `stopping`: set to have it stop.
    """

    integration: Integration
    parts: IntegrationSpec | None = None
    service: Health | None = None
    health: HealthReading = field(default_factory=HealthReading)
    dynamic: tuple[DynamicOperations, ...] = ()
    state: State = State.loading
    problem: str | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def routers(self) -> tuple[Operations, ...]:
        """The routers of its operations."""
        return (*self.parts.public, *self.dynamic) if self.parts else ()

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
        self.parts, self.dynamic = None, ()
        self.state, self.problem = State.broken, explain(self.integration, error)


@dataclass
class Catalogue:
    """The members and what they offer. `core`: operations that belong to no integration.

    `revision`: a number that is another one whenever dynamic operations have changed.
    """

    members: list[LoadedIntegration] = field(default_factory=list)
    core: tuple[Operations, ...] = ()
    revision: int = 0

    @property
    def open_paths(self) -> tuple[str, ...]:
        """Paths that look at the origin themselves."""
        return tuple(path for member in self.members for path in member.integration.open_paths)

    def operations(self) -> dict[str, Operation]:
        """The operations that are on now, by name."""
        own = [operation for router in self.core for operation in list_operations(router)]
        offered = (*(operation for _, operation in self._offered()), *own)
        return {operation.name: operation for operation in offered if operation.listed}

    def list_names(self) -> set[str]:
        """List the names of the operations that do not come and go."""
        return {operation.name for router in self._static() for operation in list_operations(router)}

    def list_taken(self) -> set[str]:
        """List these names and the paths."""
        return self.list_names() | {path for router in self._static() for path in router.paths}

    def _static(self) -> list[Operations]:
        return [*self.core, *(router for member in self.members if member.parts for router in member.parts.public)]

    def find_error_format(self, path: str) -> ErrorFormat | None:
        """Find the form of failures at a path: that of the router with the longest prefix of it."""
        path = self.find_target(path)
        routers = [router for router in self._static() if router.errors and f"{path}/".startswith(f"{router.prefix}/")]
        return max(routers, key=lambda router: len(router.prefix)).errors if routers else None

    def find_target(self, path: str) -> str:
        """Find the path that an alias stands for; any other path is its own."""
        aliases = [pair for member in self.members for pair in member.integration.aliases.items()]
        matching = [pair for pair in aliases if f"{path}/".startswith(f"{pair[0]}/")]
        return f"{matching[0][1]}{path[len(matching[0][0]) :]}" if matching else path

    def routers(self) -> list[Operations]:
        """The routers with operations that are on now; those of no integration come last."""
        return [*(router for member in self.members for router in member.routers), *self.core]

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
            for router in member.routers:
                yield from ((member, operation) for operation in list_operations(router))

    def scopes(self) -> dict[str, str]:
        """Label each scope of the operations that are on now, sorted. Operations that every client has need none."""
        labels = {scope: label for member in self.members for scope, label in member.integration.scopes.items()}
        labels |= {router.scope: router.scope_label for member in self.members for router in member.dynamic}
        scopes = sorted({operation.scope for operation in self.operations().values() if operation.scope})
        return {scope: describe_scope(scope, labels) for scope in scopes}

    def connection_scopes(self) -> frozenset[str]:
        """Collect the scopes that connections need and no operation has. A client has one only if it was named."""
        return frozenset(scope for member in self.members for scope in member.integration.connection_scopes)

    def list_instructions(self, names: Collection[str] | None = None) -> list[str]:
        """List what the sources of dynamic operations say about them; only of those that have one of the names, if given."""
        return [
            router.instructions
            for member in self.members
            for router in member.dynamic
            if router.instructions and (names is None or any(operation.name in names for operation in list_operations(router)))
        ]

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
