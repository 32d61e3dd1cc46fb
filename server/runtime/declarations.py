"""Checks of what an integration declares: a mistake in it would show as a 404 of what documents offer, or not at all."""

from collections.abc import Collection, Iterator

from fastapi import APIRouter

from server.runtime.catalogue import LoadedIntegration, list_operations
from server.sdk.integration import IntegrationSpec
from server.sdk.routing import DeferredRouter
from server.sdk.search import FETCH, SEARCH


def check_declarations(member: LoadedIntegration, parts: IntegrationSpec, taken: Collection[str]) -> None:
    """Check what an integration has loaded. `taken`: the names of other operations.

    Raises TypeError for a path that leads elsewhere, for a name that another operation has, and for one that none has.
    """
    for path in list_paths(parts):
        if not member.owns(path):
            raise TypeError(f"{path} is under none of its prefixes, so no request would reach it: {member.integration.prefixes}")
    names = {operation.name for router in parts.public for operation in list_operations(router)}
    if duplicates := sorted(names & {*taken, SEARCH, FETCH}):
        raise TypeError(f"There is another operation {duplicates[0]}. Give one of them another name.")
    if parts.dynamic is None and (unknown := sorted(list_names(parts) - names)):
        raise TypeError(f"A lookup or an undo is of {unknown[0]}, which is no operation of this integration.")


def list_paths(parts: IntegrationSpec) -> Iterator[str]:
    """List the paths that are reached by the prefixes alone; a callback may have any."""
    for router in (*parts.public, *parts.deliveries, *parts.local):
        yield from router.paths if isinstance(router, DeferredRouter) else list_made(router)


def list_made(router: APIRouter) -> list[str]:
    return [path for route in router.routes if (path := getattr(route, "path", ""))]


def list_names(parts: IntegrationSpec) -> set[str]:
    """List the operations that lookups and undos name."""
    looked_up = {name for lookup in parts.lookups for name in (lookup.search.operation, lookup.reading.operation)}
    return looked_up | parts.undos.keys()
