"""Answers that are sent while they are made, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse


@dataclass(frozen=True)
class Event:
    """A server-sent event. `data`: a JSON value; a text is sent as it is."""

    data: Any
    name: str = ""

    def encode(self) -> bytes:
        """Write it as it is sent."""
        lines = self.data.splitlines() or [""] if isinstance(self.data, str) else [to_json(self.data)]
        name = [f"event: {' '.join(self.name.split())}"] if self.name else []  # a line break would begin another field
        return "\n".join([*name, *(f"data: {line}" for line in lines), "", ""]).encode("utf-8", "replace")


class EventStream(Response):
    """An answer in events, each sent as soon as it is made.

    `events` runs outside of the request, so it takes what it needs from there beforehand. An error that it raises is sent as
    an event in the router's format. It is closed early if the client leaves or Deskhand stops, and may await in its `finally`.
    `result`: the complete answer, once the events are over: for the activity, and for callers that take no stream.
    `path`: where the complete answer can be read later; empty if nowhere.
    """

    def __init__(
        self, events: AsyncGenerator[Event], result: Callable[[], Any], path: Callable[[], str] = str, status_code: int = 200
    ) -> None:
        super().__init__(status_code=status_code)
        self.events, self.result, self.path = events, result, path


async def complete(response: Response) -> Response:
    """Make a stream a response with its complete answer; any other response stays."""
    if isinstance(response, EventStream):
        async for _ in response.events:
            pass
        body = to_json(response.result()).encode("utf-8", "replace")
        return Response(body, response.status_code, media_type="application/json")
    if isinstance(response, StreamingResponse):
        pieces = [piece.encode() if isinstance(piece, str) else bytes(piece) async for piece in response.body_iterator]
        return Response(b"".join(pieces), response.status_code, media_type=response.media_type)
    return response


def to_json(value: Any) -> str:
    """Write a value as responses do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
