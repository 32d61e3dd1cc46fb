"""Streamed answers: each event is cleaned and sent as it is made; how the stream ended is recorded before its connection ends.

A stream is made in a task of its own, so that what it does at its end is not cancelled with the request. (anyio cancels each
await of a cancelled request.)
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, nullcontext
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from server.access.activity.log import LONGEST_RESULT
from server.access.clients.store import KEY_ENDED
from server.access.guard.call import Call, GuardServices
from server.access.guard.response_text import clean
from server.core.errors import Conflict, NotAuthenticated, Unavailable
from server.http.error_format import ErrorFormat, write_event
from server.http.exception_handlers import respond, to_response
from server.http.problem_details import read_detail
from server.sdk.operation import current_call
from server.sdk.streaming import Event, EventStream, to_json

RUN = "end a stream"  # the name of the tasks: "Deskhand could not …"
AHEAD = 64  # events that are made before the client has read them
CLOSE_SECONDS = 2.0  # for the ends of all streams when Deskhand stops
CLIENT_CLOSED_REQUEST = 499
LEFT = "The caller went away."
STOPPING = "Deskhand stops, so this answer is not complete. Send the request again when Deskhand runs."


class Stream:
    """One stream. `run` makes it, `read` hands it to the response."""

    def __init__(self, services: GuardServices, call: Call, response: EventStream, errors: ErrorFormat | None) -> None:
        self._services = services
        self._call, self._response, self._errors = call, response, errors
        self._made: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(AHEAD)
        self._start = bytearray()
        self._is_making = False
        self._end: Response | None = None
        self.sent = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def end(self, failure: Response) -> None:
        """End it early with a failure, unless it has ended."""
        self._end = self._end or failure
        if self.task and self._is_making:
            self.task.cancel()

    def leave(self) -> None:
        """Note that its response is over; the client may have left before the end."""
        self.sent.set()
        self.end(respond(CLIENT_CLOSED_REQUEST, LEFT))

    async def run(self) -> None:
        """Make the events until their end, and record that."""
        current_call.set(self._call)
        record, failure, body = self._call.record, None, b""
        try:
            with nullcontext() if record.operation.changes else record.watching(self._services.activity):
                await self._make()
            body = to_json(self._response.result()).encode("utf-8", "replace")
        except asyncio.CancelledError:
            failure = self._end or to_response(Unavailable(STOPPING))
        except Exception as error:  # noqa: BLE001, the edge at which every failure becomes an answer
            failure = to_response(error)
        try:
            recorded = await self._call.close(self._summarize(failure, body), self._refuse_replay())
            failure = failure or (recorded if recorded.status_code >= 400 else None)
            if failure:
                self._made.put_nowait(write_event(failure, self._errors))
        finally:
            self._made.put_nowait(None)  # the response ends, whatever happened

    async def _make(self) -> None:
        self._is_making = True
        if self._end and self.task:
            self.task.cancel()  # at its first await, so that its `finally` runs
        try:
            async with aclosing(self._response.events) as events:
                async for event in events:
                    if self._services.clients.refresh(self._call.record.client) is None:
                        raise NotAuthenticated(KEY_ENDED)
                    piece = Event(clean(event.data), event.name).encode()
                    self._start += piece[: LONGEST_RESULT - len(self._start)]
                    await self._room.acquire()
                    self._made.put_nowait(piece)
            await asyncio.sleep(0)  # a cancellation comes now or never
        finally:
            self._is_making = False

    def _summarize(self, failure: Response | None, body: bytes) -> Response:
        """Summarize the stream for the activity: its complete answer, or the failure and what was sent before."""
        if failure is None:
            return Response(body, self._response.status_code)
        sent = {"sent": self._start.decode("utf-8", "replace")} if self._start else {}
        return respond(failure.status_code, read_detail(bytes(failure.body)), sent)

    def _refuse_replay(self) -> Response:
        """Refuse later calls with the same Idempotency-Key."""
        path = self._response.path()
        where = f"Read it at {path}." if path else "Send the request with a new Idempotency-Key to run it again."
        return to_response(Conflict(f"The answer to this Idempotency-Key was a stream, which is not sent again. {where}"))

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the events for the response."""
        while (piece := await self._made.get()) is not None:
            self._room.release()
            yield piece


class StreamedResponse(StreamingResponse):
    """The response of a stream."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, status_code: int) -> None:
        super().__init__(stream.read(), status_code, {"X-Accel-Buffering": "no"})  # nginx would collect the events
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.leave()


class Streams:
    """The open streams."""

    def __init__(self, services: GuardServices) -> None:
        self._services = services
        self._open: set[Stream] = set()
        self._closed = False

    def start(self, call: Call, response: EventStream, errors: ErrorFormat | None) -> Response:
        """Begin a stream, and return its response."""
        stream = Stream(self._services, call, response, errors)
        stream.task = self._services.tasks.start(stream.run(), name=RUN)
        self._open.add(stream)
        stream.task.add_done_callback(lambda _: self._open.discard(stream))
        if self._closed:
            stream.end(to_response(Unavailable(STOPPING)))
        return StreamedResponse(stream, response.status_code)

    async def close(self) -> None:
        """End all streams with an event that says why, before the sockets close."""
        self._closed, ending = True, list(self._open)
        for stream in ending:
            stream.end(to_response(Unavailable(STOPPING)))
        waits: list[asyncio.Task[Any]] = [asyncio.ensure_future(stream.sent.wait()) for stream in ending]
        if waits:
            _, late = await asyncio.wait(waits, timeout=CLOSE_SECONDS)
            for wait in late:
                wait.cancel()
