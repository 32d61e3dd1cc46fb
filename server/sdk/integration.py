"""The contract of an integration: a folder in server/integrations whose `__init__` holds a descriptor.

    integration = Integration(name="notes", title="Notes", prefixes=("/notes",), load=load)

The descriptor is cheap to import and holds everything that the rest of Deskhand has to know of an integration before, or
without, loading it. `load` imports the rest, so a broken integration is still known by its prefixes.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from server.sdk.health import Health
from server.storage.revocation import Revocation

if TYPE_CHECKING:  # each of these takes a while to import
    import click
    from fastapi import APIRouter
    from pydantic import BaseModel

    from server.sdk.context import Context
    from server.sdk.demo import DemoScript
    from server.sdk.dynamic import DynamicOperations
    from server.sdk.operation import Operations
    from server.sdk.search import Lookup

Undo = Callable[[Any, Mapping[str, Any]], Awaitable[None]]  # of the service and the arguments of the call

__all__ = ["Difference", "Integration", "IntegrationSpec", "OnboardingStep", "RestoredContent", "Revocation"]


@dataclass(frozen=True)
class Difference:
    """A difference between a restored backup and what is in force. `now`, `restored`: what each has, complete and as text.

    `id` names the value too, so that what is accepted is what was shown.
    """

    id: str
    title: str
    now: str
    restored: str


class RestoredContent(Protocol):
    """A part of a restored backup that waits for confirmation."""

    async def list_differences(self) -> list[Difference]:
        """List what differs from what is in force."""

    async def accept(self, difference_id: str) -> None:
        """Put one in force, after the checks of one that the person types. Raises NotFound and InvalidInput."""

    async def discard(self, difference_id: str) -> None:
        """Forget one. Raises NotFound."""


@dataclass(frozen=True)
class IntegrationSpec:
    """The parts of an integration.

    `start(context)` yields its service and closes it afterwards.
    `public` routers hold the operations. `dynamic(service)`: routers with operations that come and go, as they are
    now; the service puts a change in force with `context.operations.refresh()`.
    `local` routers serve the window and the command line only.
    `callbacks` routers are on the local surface without its key: an outside service redirects the person's browser there.
    `deliveries` routers are on the public surface and authenticate by themselves: an outside service has no API key.
    `lookups`: what `search` and `fetch` find here. `settings`: the section of its name; a field with a title is in the form.
    `fake(context)` runs the outside service on loopback in demo mode and points the settings there, or adds sample data.
    `restored(context)`: what of a restored backup waits for the person, besides settings. The service may not run.
    `demo`: what the demo's simulated clients do with it.
    `undos`: functions that do the opposite of an operation, by its name, for the person.
    """

    start: "Callable[[Context], AbstractAsyncContextManager[Health]]"
    public: "tuple[Operations, ...]" = ()
    dynamic: "Callable[[Any], tuple[DynamicOperations, ...]] | None" = None
    local: "tuple[APIRouter, ...]" = ()
    callbacks: "tuple[APIRouter, ...]" = ()
    deliveries: "tuple[APIRouter, ...]" = ()
    settings: "type[BaseModel] | None" = None
    lookups: "tuple[Lookup, ...]" = ()
    fake: "Callable[[Context], AbstractAsyncContextManager[None]] | None" = None
    restored: "Callable[[Context], RestoredContent] | None" = None
    demo: "DemoScript | None" = None
    undos: "Mapping[str, Undo]" = field(default_factory=dict)


@dataclass(frozen=True)
class OnboardingStep:
    """A step of the welcome. `label`: one word for the progress bar; `title` and `text`: the step as a person reads it."""

    label: str
    title: str
    text: str


@dataclass(frozen=True)
class Integration:
    """A part of Deskhand that is removed by deleting its folder. `name` is the folder's, and the topic of its events.

    `scopes`: a label for each scope of its operations, such as {"read:notes": "Read your notes"}.
    `openai_scopes`: those that the client in OPENAI_CLIENT_ID gets. `revocations`: what a restored backup must not grant.
    `instructions`: a sentence that tells a model what it can do here. `aliases`: further public prefixes of its operations,
    and the prefixes that they stand for; all of them are in `prefixes` too. `open_paths`: of `deliveries`, which any origin
    may call, because they look at it themselves. `connection_scopes`: those of its connections, which no operation has.
    """

    name: str
    title: str
    prefixes: tuple[str, ...]
    load: Callable[[], IntegrationSpec]
    commands: "Callable[[], list[click.Command]]" = field(default=list)
    scopes: Mapping[str, str] = field(default_factory=dict)
    openai_scopes: frozenset[str] = frozenset()
    revocations: tuple[Revocation, ...] = ()
    onboarding: OnboardingStep | None = None
    instructions: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    open_paths: tuple[str, ...] = ()
    connection_scopes: frozenset[str] = frozenset()
