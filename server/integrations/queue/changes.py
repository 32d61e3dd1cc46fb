"""News of the queue: for dispatch, for callers that wait, and for the window."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from server.core.events import Events
from server.integrations.queue.states import State

TOPIC, PARTIAL = "queue", "queue.partial"  # the second one: only partial texts have grown
PUBLISH_SECONDS = 0.25  # between two events of the window


@dataclass(frozen=True, slots=True)
class Change:
    """A stored change. An empty `prompt_id`: of the queue as a whole. `partial`: only the partial text has grown."""

    prompt_id: str = ""
    client_id: str = ""
    state: State | None = None
    partial: bool = False


@dataclass
class Changes:
    """Changes after they were stored, on the event loop."""

    events: Events
    revision: int = 0
    _listeners: set[Callable[[Change], None]] = field(default_factory=set)
    _pending: set[str] = field(default_factory=set)  # topics

    @contextmanager
    def listening(self, listener: Callable[[Change], None]) -> Iterator[None]:
        """Call a function (which must not wait) with each change inside the `with`."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    async def wait(self, prompt_id: str | None = None, seconds: float | None = None) -> bool:
        """Wait for the next change, or the next of a prompt; return False after so many seconds.

        What is read before waiting may have changed meanwhile: enter `listening` first where that matters.
        """
        changed = asyncio.Event()

        def listen(change: Change) -> None:
            if prompt_id is None or change.prompt_id in {prompt_id, ""}:
                changed.set()

        with self.listening(listen):
            try:
                async with asyncio.timeout(seconds):
                    await changed.wait()
            except TimeoutError:
                return False
        return True

    def publish(self, *changes: Change) -> None:
        """Publish stored changes."""
        self.revision += 1
        for change in changes or (Change(),):
            for listener in tuple(self._listeners):
                listener(change)
        if not self._pending:
            asyncio.get_running_loop().call_later(PUBLISH_SECONDS, self._publish)
        self._pending.add(PARTIAL if changes and all(change.partial for change in changes) else TOPIC)

    def _publish(self) -> None:
        self.events.publish(TOPIC if TOPIC in self._pending else PARTIAL)
        self._pending.clear()
