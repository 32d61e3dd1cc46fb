"""Routes that are made at the first request to one of their paths, in a thread: FastAPI takes about a millisecond for each."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

BUILD_SECONDS = 1.0  # that a build waits for another one, which may hang

_building = threading.RLock()


@contextmanager
def building() -> Iterator[None]:
    """Build routes and models one thread at a time: FastAPI changes the process's filters of warnings meanwhile."""
    acquired = _building.acquire(timeout=BUILD_SECONDS)
    try:
        yield
    finally:
        if acquired:
            _building.release()


def include(*routers: APIRouter, **options: Any) -> list[BaseRoute]:
    """Make the routes of routers that are included with these options of FastAPI, which would make them at the first request."""
    included = APIRouter()
    for router in routers:
        included.include_router(router, **options)
    list(iter_route_contexts(included.routes))
    return included.routes


@dataclass
class Part:
    """Some routes of an application. `owns`: whether a path may be one of theirs. `make` is called in a thread, once."""

    owns: Callable[[str], bool]
    make: Callable[[], Sequence[BaseRoute]]
    added: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add_to(self, routes: list[BaseRoute]) -> None:
        """Make the routes, unless they are made, and add them on the loop: a request meets all of them or none."""
        async with self.lock:
            if not self.added:
                routes.extend(await asyncio.to_thread(self._make))
                self.added = True

    def _make(self) -> Sequence[BaseRoute]:
        with building():
            return self.make()


class DeferredRoutes:
    """Routes of an application that are not made yet. `ready(path)` is awaited if none of these owns a path."""

    def __init__(self, app: FastAPI, ready: Callable[[str], Awaitable[None]]) -> None:
        self._router, self._not_found, self._ready = app.router, app.router.default, ready
        self._parts: list[Part] = []
        app.router.default = self._route_again

    def add(self, prefixes: Sequence[str], make: Callable[[], Sequence[BaseRoute]]) -> None:
        """Add routes whose paths begin with one of these. Of two parts that own a path, the one added first is made first."""
        starts = tuple(f"{prefix}/" for prefix in prefixes)
        self._parts.append(Part(lambda path: f"{path}/".startswith(starts), make))

    def extend(self, routes: Sequence[BaseRoute]) -> None:
        """Add routes that are made already."""
        self._router.routes.extend(routes)

    def make_all(self) -> None:
        """Make all missing routes, for the OpenAPI document."""
        for part in self._parts:
            self._router.routes.extend(part.make())
        self._parts.clear()

    async def prepare(self, path: str) -> bool:
        """Make the routes that own a path, and report whether there may be new ones."""
        part, known = self._find(path), len(self._router.routes)
        if part is None:
            await self._ready(path)
            part = self._find(path)
        if part:
            await part.add_to(self._router.routes)
            self._parts = [part for part in self._parts if not part.added]
        return part is not None or len(self._router.routes) > known  # those of an integration that turned out to be broken

    async def _route_again(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._router if await self.prepare(scope["path"]) else self._not_found
        await route(scope, receive, send)

    def _find(self, path: str) -> Part | None:
        return next((part for part in self._parts if part.owns(path)), None)
