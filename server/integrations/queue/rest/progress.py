"""Progress of a prompt as server-sent events, for the client that submitted it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from server.integrations.queue.changes import Change
from server.integrations.queue.models import Prompt
from server.integrations.queue.queue import Queue
from server.integrations.queue.rest.held_requests import HeldRequest
from server.integrations.queue.rest.views import view_prompt
from server.integrations.queue.states import ENDED, WAITING
from server.sdk.streaming import Event

KEEPALIVE_SECONDS = 15.0  # proxies end a connection on which nothing comes
PACE_SECONDS = 0.1  # between two readings of a prompt whose answer grows


@dataclass
class Progress:
    """The events of one prompt.

    Each is a JSON object with a `type`: `connected`, `status` (with its place in the queue while it waits), `progress` (a piece
    of the answer and its offset; 0 begins anew), and at the end `done` or `failed` with the prompt as read_prompt has it.
    """

    queue: Queue
    prompt: Prompt
    held: HeldRequest
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _status: Any = None
    _text: str = ""

    async def follow(self) -> AsyncGenerator[Event]:
        """Yield the events until it has ended."""
        with self.held, self.queue.changes.listening(self._listen):
            yield Event({"type": "connected", "request_id": self.prompt.id})
            while True:
                self._changed.clear()
                self.prompt = await self.queue.read(self.prompt.id, self.prompt.client.id)
                for data in await self._describe():
                    yield Event(data)
                if self.prompt.state in ENDED:
                    return
                while not await self._wait():
                    yield Event({"type": "keepalive"}, "keepalive")
                await asyncio.sleep(PACE_SECONDS)

    def result(self) -> dict[str, Any]:
        """The prompt at the end, for callers that take no stream."""
        return view_prompt(self.prompt).model_dump(mode="json")

    def _listen(self, change: Change) -> None:
        waits = self.prompt.state in WAITING  # then any change may concern its place
        if change.prompt_id in {self.prompt.id, ""} or (waits and not change.partial):
            self._changed.set()

    async def _wait(self) -> bool:
        """Wait for a change; return False if it is time for a sign of life."""
        try:
            async with asyncio.timeout(KEEPALIVE_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _describe(self) -> list[dict[str, Any]]:
        """Describe what is new."""
        prompt, events = self.prompt, list[dict[str, Any]]()
        shown = view_prompt(prompt, (await self.queue.find_places(prompt)).get(prompt.id))
        if prompt.state in ENDED:
            return [{"type": prompt.status.value, **shown.model_dump(mode="json")}]
        status = shown.model_dump(mode="json", include={"status", "uncertain", "position", "expected_at", "attempts"})
        if {**status, "expected_at": None} != self._status:
            self._status = {**status, "expected_at": None}  # which is another one at each reading
            events.append({"type": "status", "request_id": prompt.id, **status})
        text, known = prompt.partial or "", self._text
        if text != known:
            offset = len(known) if text.startswith(known) else 0
            events.append({"type": "progress", "request_id": prompt.id, "offset": offset, "text": text[offset:]})
            self._text = text
        return events
