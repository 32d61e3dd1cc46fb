"""The whole contract of an integration: a folder in server/integrations whose `__init__` holds a descriptor.

    integration = Integration(name="apps", title="Apps", prefixes=("/apps",), load=load)

`load` imports the rest, so listing the integrations is cheap and a broken one is known by its prefixes all the same.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from server.core.errors import DeskhandError, Unavailable
from server.sdk.context import Context
from server.sdk.operation import Effect, Operations
from server.sdk.search import Lookup

__all__ = ["Context", "Effect", "Integration", "Operations", "Parts", "provided"]

Service = TypeVar("Service")


@dataclass(frozen=True)
class Parts:
    """What an integration is made of.

    `start(context)` yields its service, and closes it afterwards. A service may have, as sentences for the person, a `problem`
    (what is wrong), a `wish` (what it needs of them before it is of use) and a `summary` (how it is, in a few words);
    `look_again()` is awaited before these are asked for. `list_addresses()`, awaited: what one pastes elsewhere, paths by name.
    `local` routers are for the window and the command line only.
    `callbacks` routers stand on the local surface without its key: an outside service sends the person's browser there.
    `lookups`: what `search` and `fetch` find here.
    `deliveries` routers stand on the public surface and let in by themselves: what an outside service sends here has no key.
    `fake(context)` runs the outside service it needs on loopback, in demo mode, and points its settings there.
    """

    start: Callable[[Context], AbstractAsyncContextManager[Any]]
    public: tuple[Operations, ...] = ()
    local: tuple[APIRouter, ...] = ()
    callbacks: tuple[APIRouter, ...] = ()
    deliveries: tuple[APIRouter, ...] = ()
    settings: type[BaseModel] | None = None
    lookups: tuple[Lookup, ...] = ()
    fake: Callable[[Context], AbstractAsyncContextManager[None]] | None = None


@dataclass(frozen=True)
class Integration:
    """A part of Deskhand that can be taken away by deleting its folder. `name` is the folder's."""

    name: str
    title: str
    prefixes: tuple[str, ...]
    load: Callable[[], Parts]
    commands: Callable[[], list[click.Command]] = field(default=list)


def provided(kind: type[Service]) -> Any:
    """Hand a route the running service of this type, which it declares with `Annotated`."""

    def find(request: Request) -> Service:
        service = request.app.state.services.get(kind)
        if service is None:
            raise Unavailable
        if isinstance(service, DeskhandError):
            raise service
        return service  # type: ignore[no-any-return]  # the runtime keeps each service under its own type

    return Depends(find)
