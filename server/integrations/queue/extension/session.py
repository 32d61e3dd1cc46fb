"""The conversation with one extension."""

from collections.abc import Callable
from typing import Any

from fastapi import WebSocketDisconnect

from server.core.clock import Clock
from server.core.errors import Conflict, DeskhandError, Forbidden, InvalidInput, NotFound
from server.integrations.queue.extension.channel import Channel, CloseCode, Closed
from server.integrations.queue.extension.history import HistoryImports
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.extension.messages import (
    AttachmentRead,
    Failure,
    Found,
    Hello,
    History,
    ImportProgress,
    Incoming,
    Page,
    Ping,
    Progress,
    RequestMessage,
    Response,
    ResponsePart,
    SelfTest,
    StatusUpdate,
    read_message,
)
from server.integrations.queue.extension.reports import NOT_YOURS, Reports
from server.integrations.queue.extension.requests import write_ack, write_find, write_refusal, write_request
from server.integrations.queue.extension.worker import LeasedPrompt, Worker
from server.integrations.queue.models import Lease
from server.integrations.queue.queue import Queue

NAMES: dict[type[DeskhandError], str] = {Conflict: "stale", NotFound: "stale", InvalidInput: "invalid", Forbidden: "forbidden"}
SILENT_BEATS = 3  # heartbeats without a message, after which an extension is taken for gone


class Session:
    """One extension, from its first message on. `on_free`: called when it can take another prompt."""

    def __init__(
        self,
        queue: Queue,
        channel: Channel,
        worker: Worker,
        clock: Clock,
        limits: SocketLimits,
        on_free: Callable[[], object],
        history: HistoryImports,
    ) -> None:
        self.worker, self.channel = worker, channel
        self.closed = False
        self._queue, self._clock, self._limits = queue, clock, limits
        self._on_free, self._history = on_free, history
        self._reports = Reports(queue, worker, clock)
        self._requests: dict[str, Lease] = {}  # that wait for the answer to `find`
        self._beat_at = clock.monotonic()

    @property
    def free(self) -> bool:
        """Return whether it can take a prompt."""
        return not self.closed and self.worker.is_free(self._clock.monotonic())

    def give(self, lease: Lease) -> bool:
        """Send a prompt. Returns False if the connection is over, and the prompt is to be released."""
        if self.closed:
            return False
        prompt = lease.prompt
        self.worker.leases[prompt.id] = LeasedPrompt(lease.token)
        if prompt.find_first and "find" in self.worker.capabilities:
            self._requests[prompt.id] = lease
            return self.channel.send(write_find(prompt, lease.token))
        return self.channel.send(self._write_request(lease))

    def drop(self, request_id: str, *, cancelled: bool) -> None:
        """Forget a prompt that is not this worker's any more, and tell the extension if it was cancelled."""
        self._requests.pop(request_id, None)
        if self.worker.leases.pop(request_id, None) and not self.worker.seed and cancelled:
            self.channel.send({"type": "cancel", "request_id": request_id})

    def _forget(self, about: RequestMessage) -> None:
        """Forget a prompt of which a message was refused, unless the message was about an earlier lease of it."""
        leased = self.worker.leases.get(about.request_id)
        if leased and (self.worker.seed or about.token == leased.token):
            self.drop(about.request_id, cancelled=False)

    async def converse(self, first: str | None) -> None:
        """Take messages until the connection ends. `first`: one that was read already."""
        silence = None if self.worker.seed else SILENT_BEATS * self._limits.heartbeat_seconds
        text = first
        while True:
            if text is not None:
                await self._take(text)
            try:
                text = await self.channel.receive(silence)
            except TimeoutError:
                raise Closed(CloseCode.going_away, "silent", "The extension has not been heard from.") from None
            except WebSocketDisconnect:
                return

    async def beat(self) -> None:
        """Extend the leases, unless that was done a moment ago."""
        now = self._clock.monotonic()
        if self.worker.leases and now - self._beat_at >= self._limits.write_interval:
            self._beat_at = now
            await self._queue.heartbeat(self.worker.id)

    async def _take(self, text: str) -> None:
        """Take one message. What is wrong with it is answered by name, in our dialect; seed has no such answer."""
        self.worker.last_seen, was_free = self._clock.now(), self.free
        message: Incoming | None = None
        try:
            message = read_message(text)
            await self.beat()
            await self._handle(message)
        except DeskhandError as error:
            about = message if isinstance(message, RequestMessage) else None
            if about and isinstance(error, Conflict | NotFound):
                self._forget(about)
            if not self.worker.seed:
                name = next((name for kind, name in NAMES.items() if isinstance(error, kind)), "busy")
                detail = NOT_YOURS if name == "stale" else error.detail
                kind, request_id = (getattr(message or error, field, "") for field in ("type", "request_id"))
                self.channel.send(write_refusal(name, detail, kind, request_id))
        if self.free and not was_free:
            self._on_free()

    async def _handle(self, message: Incoming) -> None:
        match message:
            case Ping():
                self._answer({"type": "pong"})
            case Page():
                await self._reports.take_page(message)
                self._queue.changes.publish()
            case SelfTest():
                self.worker.self_test = message
                self._queue.changes.publish()
            case History():
                await self._history.take(self.worker.id, message)
                self._answer(write_ack(message.type, message.request_id))
            case ImportProgress():
                await self._history.note(self.worker, message)
                self._queue.changes.publish()
            case AttachmentRead():
                data = await self._reports.read_attachment(message)
                self._answer(write_ack(message.type, message.request_id) | {"data": data})
            case Hello():
                raise InvalidInput("The first message was it already.")
            case _:
                await self._report(message)

    async def _report(self, message: StatusUpdate | Progress | ResponsePart | Response | Failure | Found) -> None:
        acknowledged = True
        match message:
            case StatusUpdate():
                acknowledged = await self._reports.acknowledge(message)
            case Progress():
                await self._reports.progress(message)
                acknowledged = False
            case ResponsePart():
                await self._reports.add_part(message)
            case Response():
                await self._reports.complete(message)
            case Failure():
                await self._reports.fail(message)
            case Found():
                await self._take_found(message)
        if acknowledged:
            self._answer(write_ack(message.type, message.request_id))

    async def _take_found(self, message: Found) -> None:
        lease = self._requests.pop(message.request_id, None)
        if await self._reports.take_found(message) and lease:
            self._answer(self._write_request(lease))

    def _write_request(self, lease: Lease) -> dict[str, Any]:
        return write_request(lease, self._queue.read_settings().on_unavailable_mode, seed=self.worker.seed)

    def _answer(self, message: dict[str, Any]) -> None:
        if not self.worker.seed:
            self.channel.send(message)
