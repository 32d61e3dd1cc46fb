"""Publish and subscribe inside the program; no publisher waits for a subscriber."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LARGEST_BACKLOG = 256  # a listener further behind has missed too much; it is told to look again


@dataclass(frozen=True)
class Event:
    """`topic`: such as "activity", or an integration's name; "missed": some were dropped, so read everything again.

    `data`: anything that JSON can hold.
    """

    topic: str
    data: Any = None


class Events:
    """Publish and subscribe, on the event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    def publish(self, topic: str, data: Any = None) -> None:
        """Publish to every subscriber. One that is too far behind gets one "missed" instead of its backlog."""
        for queue in self._listeners:
            if queue.qsize() >= LARGEST_BACKLOG:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Event("missed"))
            else:
                queue.put_nowait(Event(topic, data))

    @contextmanager
    def subscribed(self) -> Iterator[AsyncIterator[Event]]:
        """Listen inside the `with`; the iterator ends when the program stops."""
        queue = asyncio.Queue[Event | None]()
        self._listeners.add(queue)
        try:
            yield self._follow(queue)
        finally:
            self._listeners.discard(queue)

    async def _follow(self, queue: asyncio.Queue[Event | None]) -> AsyncIterator[Event]:
        while (event := await queue.get()) is not None:
            yield event

    def close(self) -> None:
        """End every listener, so that open streams can close."""
        for queue in self._listeners:
            queue.put_nowait(None)
