"""Transactions of the queue: functions of the store, and the news of what they changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from server.integrations.queue.changes import Change, Changes
from server.integrations.queue.models import Prompt, QueueSettings
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import lock_queue
from server.sdk.context import Context
from server.storage.batches import Batches

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")
SECTION = "queue"


@dataclass(frozen=True)
class Transactions:
    """Runs functions of the store. What they did is durable afterwards."""

    context: Context
    changes: Changes

    def read_settings(self) -> QueueSettings:
        """Read the settings in force."""
        return self.context.settings.read_shared(SECTION, QueueSettings)

    def call(self) -> Call:
        """Make what the functions of the store need."""
        return Call(self.context.clock.now().timestamp(), self.context.webhooks, self.read_settings)

    async def read(self, function: Callable[Concatenate[Any, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that only reads."""
        return await self.context.database.read(function, *args, **kwargs)

    async def write(self, function: Callable[Concatenate[Any, Call, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function that changes something; the prompts that it returns are those that it changed."""
        changed = await self.context.database.write(serialized(function), self.call(), *args, **kwargs)
        self.publish(changed if isinstance(changed, list) else [changed])
        return changed

    def batch(self, function: Callable[[Any, Sequence[Item]], Sequence[R | Exception]]) -> Batches[Item, R]:
        """Collect calls of a function that changes prompts."""
        return Batches(self.context.database, serialized(function), self.publish)

    def publish(self, changed: Sequence[object]) -> None:
        """Publish the prompts that were changed."""
        news = [Change(prompt.id, prompt.client.id, prompt.state) for prompt in changed if isinstance(prompt, Prompt)]
        if news:
            self.changes.publish(*news)


def serialized(function: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Make a function of the store whose transactions are serialized with all others that change the queue."""

    def run(connection: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        lock_queue(connection)
        return function(connection, *args, **kwargs)

    return run
