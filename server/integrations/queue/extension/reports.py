"""Reports of an extension about the prompts that it has: acknowledged, in pieces, answered, failed, looked for.

The fencing token must be that of the worker's own lease. One that this connection does not know, since it was made before a
drop or a restart, is looked up.
"""

from base64 import b64encode
from datetime import datetime, timedelta

from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput
from server.integrations.queue.extension.messages import (
    AttachmentRead,
    Failure,
    Found,
    Page,
    Progress,
    RequestMessage,
    Response,
    ResponsePart,
    StatusUpdate,
)
from server.integrations.queue.extension.worker import HOLDING, LeasedPrompt, Worker
from server.integrations.queue.limits import LONGEST_LIMIT
from server.integrations.queue.models import PromptFailure, PromptResult
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import ENDED, State

HOLD_SECONDS = 30.0  # after a failure of the page, of which no message of type page says when it is over
PIECE = 384 * 1024  # bytes of a file in one message, which is half a mebibyte as base64
PROGRESS_SECONDS = 0.5  # between two stored pieces of one answer
LIMIT_WITHOUT_TIME = timedelta(hours=1)
NOT_YOURS = "This extension does not have this prompt, or not any more. Stop working on it."
IN_CHAT = "The message is in the chat already, from an earlier attempt, and its answer could not be read. Open the chat."
NO_REASON = "The extension gave no reason."


class Reports:
    """Applies reports of one worker to the queue. Raises Conflict for a prompt or a token that is not the worker's."""

    def __init__(self, queue: Queue, worker: Worker, clock: Clock) -> None:
        self._queue, self._worker, self._clock = queue, worker, clock

    async def acknowledge(self, message: StatusUpdate) -> bool:
        """Record that the extension is about to type. Returns False for a status that is not known, which seed ignores."""
        if message.status != State.executing.value:
            return False
        leased = await self._find(message)
        await self._queue.acknowledge(message.request_id, leased.token, self._worker.id)
        leased.acknowledged = True
        return True

    async def read_attachment(self, message: AttachmentRead) -> str:
        """Read a piece of a file as base64. Raises Conflict for a prompt that this connection does not have."""
        leased = self._worker.leases.get(message.request_id)
        if leased is None or leased.token != message.token:
            raise Conflict(NOT_YOURS)
        piece = await self._queue.read_attachment(message.request_id, leased.token, message.place, message.offset, PIECE)
        return b64encode(piece).decode()

    async def progress(self, message: Progress) -> None:
        """Take a piece of the text, and store it if the last one was a while ago."""
        leased = await self._find(message)
        text = leased.answer.write(message.offset, message.text)
        await self._begin(message.request_id, leased)
        now = self._clock.monotonic()
        if now - leased.stored_at >= PROGRESS_SECONDS:
            leased.stored_at = now
            await self._queue.progress(message.request_id, leased.token, text)

    async def add_part(self, message: ResponsePart) -> None:
        """Take a part of the final text."""
        leased = await self._find(message)
        leased.answer.add_part(message.index, message.text, last=message.last)

    async def complete(self, message: Response) -> None:
        """Record the answer. Its repetition changes nothing."""
        leased = await self._find(message)
        result = PromptResult(
            text=leased.answer.finish(message.response),
            chat_id=message.chat_id,
            chat_title=message.chat_title,
            model=message.model,
            notes=tuple(message.notes),
            citations=tuple(message.citations),
        )
        await self._queue.complete(message.request_id, leased.token, result)
        self._worker.leases.pop(message.request_id, None)

    async def fail(self, message: Failure) -> None:
        """Record a failure; in seed's dialect it is final. One of the page gives the prompt back and holds this extension."""
        leased = await self._find(message)
        sent = leased.acknowledged if message.sent is None else message.sent
        if message.name == "limit":
            await self._queue.limit_until(self._read_reset(message.resets_at))
        if message.name in HOLDING and not sent:
            page = Page(type="page", state=message.name, detail=message.error, resets_at=message.resets_at)
            self._worker.hold(page, self._clock.monotonic() + HOLD_SECONDS)
            await self._queue.release(message.request_id, leased.token, message.error or message.name)
        else:
            if sent:
                await self._begin(message.request_id, leased)
            failure = PromptFailure(message.name or "extension", message.error or NO_REASON, sent, final=self._worker.seed)
            await self._queue.fail(message.request_id, leased.token, failure)
        self._worker.leases.pop(message.request_id, None)

    async def take_page(self, page: Page) -> None:
        """Take the state of the page; a limit holds the whole queue until it is over."""
        self._worker.take_page(page)
        if page.state == "limit":
            await self._queue.limit_until(self._read_reset(page.resets_at))

    async def take_found(self, message: Found) -> bool:
        """Take what the extension found in the chat. Returns True if the prompt was not sent, and is to be sent now."""
        leased = await self._find(message)
        if message.state == "not_sent":
            return True
        await self._begin(message.request_id, leased)
        if message.state == "answered" and message.response is not None:
            result = PromptResult(message.response, message.chat_id, message.chat_title)
            await self._queue.complete(message.request_id, leased.token, result)
        else:
            failure = PromptFailure("in_chat", IN_CHAT, sent=True, final=True)
            await self._queue.fail(message.request_id, leased.token, failure)
        self._worker.leases.pop(message.request_id, None)
        return False

    async def _begin(self, request_id: str, leased: LeasedPrompt) -> None:
        """Acknowledge a prompt whose extension has not: an answer says that it was sent."""
        if not leased.acknowledged:
            await self._queue.acknowledge(request_id, leased.token, self._worker.id)
            leased.acknowledged = True

    async def _find(self, message: RequestMessage) -> LeasedPrompt:
        """Find the worker's lease of a prompt. Raises Conflict if it has none, or one with another token."""
        leased = self._worker.leases.get(message.request_id)
        if self._worker.seed:  # the connection is the lease
            if leased is None:
                raise Conflict(NOT_YOURS)
            return leased
        if message.token is None:
            raise InvalidInput("token: A message about a prompt carries the token of its request.")
        if leased is None:
            leased = await self._find_earlier(message.request_id, message.token)
        if leased.token != message.token:
            raise Conflict(NOT_YOURS)
        return leased

    async def _find_earlier(self, request_id: str, token: int) -> LeasedPrompt:
        """Find a lease of an earlier connection. The queue compares the token, and decides on a prompt that has ended."""
        prompt = await self._queue.read(request_id)
        holds = prompt.state in {State.executing, State.uncertain} and prompt.worker == self._worker.id
        if not holds and prompt.state not in ENDED:
            raise Conflict(NOT_YOURS)
        leased = LeasedPrompt(token, acknowledged=True)
        if holds:
            self._worker.leases[request_id] = leased
        return leased

    def _read_reset(self, moment: str | None) -> datetime:
        """Read when a limit ends, which is not believed to be later than in eight days."""
        now = self._clock.now()
        try:
            ends = datetime.fromisoformat(moment or "").astimezone(now.tzinfo)
        except (ValueError, OverflowError):
            return now + LIMIT_WITHOUT_TIME
        return min(ends, now + LONGEST_LIMIT)
