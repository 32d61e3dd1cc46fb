"""What the parts of the queue share: the context, the clock, settings, and the news of what they stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec

from sqlalchemy import Connection

from server.core.errors import Conflict, NotFound
from server.integrations.queue.changes import Change, Changes
from server.integrations.queue.limits import Moment
from server.integrations.queue.models import Prompt, QueueSettings
from server.integrations.queue.states import State, list_sources
from server.integrations.queue.store import prompts
from server.sdk.context import Context

P = ParamSpec("P")
SECTION = "queue"
UNKNOWN = "There is no such request."
STALE = "This request is not yours any more: its lease has ended."


@dataclass(frozen=True)
class Core:
    """The base of each part. Parts change prompts inside `write`, and tell of it afterwards."""

    context: Context
    changes: Changes

    def now(self) -> float:
        """Seconds since 1970."""
        return self.context.clock.now().timestamp()

    def moment(self) -> Moment:
        """The time, with the person's day."""
        now = self.context.clock.now()
        return Moment(now.timestamp(), now.astimezone().date().isoformat())

    def read_settings(self) -> QueueSettings:
        """Read the settings in force."""
        return self.context.settings.read(SECTION, QueueSettings)

    async def apply(self, function: Callable[Concatenate[Connection, P], Prompt], *args: P.args, **kwargs: P.kwargs) -> Prompt:
        """Run a function that changes a prompt."""
        changed = await self.context.database.write(function, *args, **kwargs)
        self.publish([changed])
        return changed

    async def apply_all(
        self, function: Callable[Concatenate[Connection, P], list[Prompt]], *args: P.args, **kwargs: P.kwargs
    ) -> list[Prompt]:
        """Run a function that changes prompts."""
        changed = await self.context.database.write(function, *args, **kwargs)
        self.publish(changed)
        return changed

    def publish(self, changed: Sequence[Prompt | Exception | None]) -> None:
        """Tell of prompts that were changed."""
        news = [Change(found.id, found.client.id, found.state) for found in changed if isinstance(found, Prompt)]
        if news:
            self.changes.publish(*news)


def require_prompt(connection: Connection, prompt_id: str, client_id: str | None = None) -> Prompt:
    """Find a prompt. Raises NotFound if there is none of this client."""
    found = prompts.find_prompt(connection, prompt_id, client_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def require_source(found: Prompt, action: str, after: State | None = None) -> None:
    """Raise Conflict if an action is not possible in the state of a prompt."""
    if found.state not in list_sources(action, after):
        raise Conflict(f"This request is {found.state}, so that is not possible.")


def require_lease(found: Prompt, token: int, action: str) -> None:
    """Raise Conflict unless the latest lease of a prompt has this token and the action is possible."""
    if token != found.token or found.state not in list_sources(action):
        raise Conflict(STALE)


def to_seconds(moment: datetime | None) -> float | None:
    """Convert a time for the store."""
    return None if moment is None else moment.timestamp()
