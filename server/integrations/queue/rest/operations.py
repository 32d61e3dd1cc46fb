"""The rules of the queue's operations: every client has its own prompts, and the person is asked once about each client."""

import asyncio
from base64 import b64decode
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from starlette.types import Receive

from server.core.errors import Conflict, InvalidInput, Unavailable
from server.core.file_names import clean_name
from server.integrations.queue.approval import ClientApprovals
from server.integrations.queue.models import ClientRef, Lane, Prompt, PromptFile, PromptFilter, PromptOrder
from server.integrations.queue.queue import Queue
from server.integrations.queue.rest.held_requests import HeldRequests
from server.integrations.queue.rest.models import (
    LARGEST_FILES,
    ChatView,
    EditOrder,
    FileOrder,
    PromptView,
    ReplayOrder,
    SubmitOrder,
    WebhookOrder,
)
from server.integrations.queue.rest.progress import Progress
from server.integrations.queue.rest.views import fit, view_chat, view_page, view_prompt
from server.integrations.queue.rest.wording import REPLAY_SENTENCE
from server.integrations.queue.states import ENDED, State, Status
from server.integrations.queue.store.decisions import NO_FILES
from server.sdk.disconnect import DisconnectWatch
from server.sdk.model_answers import ModelAnswers
from server.sdk.operation import Effect, current_call
from server.sdk.streaming import EventStream

PATH = "/api/chat/requests/{}"
TARGETS = {Lane.browser: "ChatGPT in your browser", Lane.api: "OpenAI's API"}
COSTS = {Lane.browser: "", Lane.api: ", at your cost"}
NOT_ENDED = "This prompt has not ended yet, so it cannot be sent again. Wait for its answer, or cancel it."
NO_API = "OpenAI's API cannot be used at the moment. The person can set it up in Deskhand's window, under Conversations."
TOO_LARGE = f"The files of a prompt have at most {LARGEST_FILES >> 20} MB in all."
NOT_BASE64 = "The data of a file is not base64."
NOTHING = "Give a new message, a new priority, or both."


@dataclass(frozen=True)
class PromptOperations:
    """The operations, for the client of the current call."""

    queue: Queue
    approvals: ClientApprovals
    held: HeldRequests = field(default_factory=HeldRequests)

    async def submit(self, order: SubmitOrder, wait: float, receive: Receive) -> PromptView:
        """Store a prompt. The person is asked about a new client afterwards, so that this never waits for them."""
        client, call = read_client(), current_call.get()
        files = await asyncio.to_thread(read_files, order.attachments) if order.attachments else ()
        with self.held.hold(client.id) if wait else nullcontext():  # what is refused is not stored
            await (self.approvals.allow(client) if call.is_allowed else self.approvals.require_room(client))
            prompt = await self.queue.submit(client, PromptOrder(**order.model_dump(exclude={"attachments"}), attachments=files))
            await (self.approvals.allow(client) if call.is_allowed else self.approvals.ask(client))
            return await self._show(await self._wait(prompt.id, wait, receive) if wait else prompt)

    async def read(self, prompt_id: str, wait: float, text_offset: int, receive: Receive) -> PromptView:
        """Read a prompt, as soon as it has ended if the caller waits."""
        client_id = read_client().id
        if wait:
            with self.held.hold(client_id):
                return await self._show(await self._wait(prompt_id, wait, receive), text_offset)
        return await self._show(await self.queue.read(prompt_id, client_id), text_offset)

    async def list_prompts(
        self, status: Status | None, limit: int, page_token: str | None
    ) -> tuple[list[PromptView], str | None]:
        """List prompts, newest first, as many as one answer holds; and the token of the next page, if there is one."""
        cursor = check_page_token(page_token)
        selection = PromptFilter(client_id=read_client().id, status=status, limit=limit, cursor=cursor, count=False)
        page = await self.queue.list(selection)
        shown = view_page(page.items, await self.queue.find_places(*page.items))
        token = str(page.items[len(shown) - 1].number) if len(shown) < len(page.items) else page.next
        return shown, token

    async def find_next(self) -> PromptView | None:
        """Find the prompt of the client that was submitted first of those that wait."""
        selection = PromptFilter(client_id=read_client().id, states=(State.idle,), oldest_first=True, limit=1, count=False)
        page = await self.queue.list(selection)
        return await self._show(page.items[0]) if page.items else None

    async def list_chats(self, limit: int, page_token: str | None) -> tuple[list[ChatView], str | None]:
        """List the client's chats, oldest first, as many as one answer holds; and the token of the next page."""
        chats = await self.queue.chats(read_client().id, int(check_page_token(page_token) or 0), limit + 1)
        shown = fit(map(view_chat, chats[:limit]))
        return shown, str(shown[-1].id) if len(shown) < len(chats) else None

    async def find_chat(self, chat_id: str) -> ChatView:
        """Find one of the client's chats by ChatGPT's id of it."""
        return view_chat(await self.queue.find_chat(chat_id, read_client().id))

    async def follow(self, prompt_id: str) -> EventStream:
        """Follow a prompt."""
        client_id = read_client().id
        prompt = await self.queue.read(prompt_id, client_id)
        progress = Progress(self.queue, prompt, self.held.hold(client_id))
        return EventStream(progress.follow(), progress.result, lambda: PATH.format(prompt_id))

    async def edit(self, prompt_id: str, order: EditOrder) -> PromptView:
        """Change a prompt that waits."""
        client_id = read_client().id
        if order.message is None and order.priority is None:
            raise InvalidInput(NOTHING)
        await self.queue.edit(prompt_id, order.message, order.priority, client_id)
        return await self._show(await self.queue.read(prompt_id, client_id))

    async def cancel(self, prompt_id: str) -> PromptView:
        """End a prompt."""
        return await self._show(await self.queue.cancel(prompt_id, read_client().id))

    async def retry(self, prompt_id: str) -> PromptView:
        """Put a prompt that failed back into the queue."""
        return await self._show(await self.queue.retry(prompt_id, read_client().id))

    async def preview_replay(self, prompt_id: str, order: ReplayOrder) -> Effect:
        """Preview a replay."""
        prompt = await self.queue.read(prompt_id, read_client().id)
        if prompt.state not in ENDED:
            raise Conflict(NOT_ENDED)
        if order.lane is Lane.api and prompt.attachments:
            raise InvalidInput(NO_FILES)
        if order.lane is Lane.api and not is_ready(self.queue.context.offers.find(ModelAnswers)):
            raise Unavailable(NO_API)
        target, cost, model = TARGETS[order.lane], COSTS[order.lane], order.model or prompt.model
        fields = (("Message", prompt.message), ("To", f"{target}{cost}"), *((("Model", model),) if model else ()))
        return Effect(REPLAY_SENTENCE.fill(target=target, cost=cost, message=prompt.message[:100]), fields)

    async def replay(self, prompt_id: str, order: ReplayOrder) -> PromptView:
        """Put a prompt back into the queue for another answer."""
        return await self._show(await self.queue.replay(prompt_id, order.lane, order.model, read_client().id))

    async def set_webhook(self, order: WebhookOrder) -> WebhookOrder:
        """Set where the results of the client are sent."""
        await self.queue.set_webhook(read_client(), order.webhook_url or "")
        return order

    async def _wait(self, prompt_id: str, seconds: float, receive: Receive) -> Prompt:
        """Wait until a prompt has ended, or its client hangs up."""
        client_id = read_client().id
        with DisconnectWatch(receive):
            return await self.queue.wait_for_end(prompt_id, seconds, client_id)
        return await self.queue.read(prompt_id, client_id)

    async def _show(self, prompt: Prompt, text_offset: int = 0) -> PromptView:
        return view_prompt(prompt, (await self.queue.find_places(prompt)).get(prompt.id), text_offset)


def read_client() -> ClientRef:
    """Read the client of the current call."""
    call = current_call.get()
    return ClientRef(call.client_id, call.client_name)


def check_page_token(page_token: str | None) -> str | None:
    """Return a token of a page. Raises InvalidInput if it is none."""
    if page_token is not None and not page_token.isdecimal():
        raise InvalidInput("This page_token is none. Give the X-Next-Page-Token of the answer before.")
    return page_token


def read_files(orders: Sequence[FileOrder]) -> tuple[PromptFile, ...]:
    """Read the files of a prompt. Raises InvalidInput if they are not base64, or too large together. Blocks."""
    try:
        contents = [b64decode(file.data, validate=True) for file in orders]
    except ValueError:
        raise InvalidInput(NOT_BASE64) from None
    files = tuple(
        PromptFile(clean_name(file.name) or "file", file.content_type, data) for file, data in zip(orders, contents, strict=True)
    )
    if sum(len(file.data) for file in files) > LARGEST_FILES:
        raise InvalidInput(TOO_LARGE)
    return files


def is_ready(answers: ModelAnswers | None) -> bool:
    """Return whether models are set up and can answer."""
    return answers is not None and answers.is_ready
