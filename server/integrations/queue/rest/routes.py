"""Operations on prompts. Each client sees its own."""

from typing import Annotated, Any

from fastapi import Body, Path, Query, Request, Response

from server.integrations.queue.rest import wording
from server.integrations.queue.rest.error_format import QUEUE_ERRORS
from server.integrations.queue.rest.models import ChatView, EditOrder, PromptView, ReplayOrder, SubmitOrder, WebhookOrder
from server.integrations.queue.service import QueueService
from server.integrations.queue.states import Status
from server.sdk.operation import Operations
from server.sdk.services import provided

RATE = "10/second"
LARGEST_PROMPT = 8 * 1024 * 1024  # bytes: a message of a million characters
LONGEST_WAIT = 60
SCOPES = ("read:queue", "write:queue")
chat = Operations(prefix="/api/chat", title="Browser queue", open_world=True, scopes=SCOPES, errors=QUEUE_ERRORS)
progress = Operations(prefix="/api/sse", title="Browser queue", open_world=True, scopes=SCOPES, errors=QUEUE_ERRORS)
Service = Annotated[QueueService, provided(QueueService)]
Id = Annotated[str, Path(max_length=100, description="The id that submit_prompt answered.")]
ChatId = Annotated[str, Path(max_length=2_000, description="ChatGPT's id of the chat.")]
Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the answer, up to 60.")]
Offset = Annotated[int, Query(ge=0, le=100_000_000, description="Where to read on in a long answer: its next_text_offset.")]
Most = Annotated[int, Query(ge=1, le=1_000, description="How many, at most.")]
PageToken = Annotated[str | None, Query(max_length=18, description="The X-Next-Page-Token of the answer before.")]
Selected = Annotated[Status | None, Query(description="Only those that are idle, executing, done or failed.")]


@chat.operation(
    "POST",
    "/submit",
    wording=wording.SUBMIT,
    ingests=True,
    tool=True,
    idempotent=False,
    rate=RATE,
    rare=True,
    largest_body=LARGEST_PROMPT,
    status_code=201,
    keep_nulls=True,
)
async def submit_prompt(service: Service, request: Request, order: SubmitOrder, wait: Wait = 0) -> PromptView:
    """Put a prompt into ChatGPT in the person's browser. It waits in a queue; read its answer with read_prompt."""
    return await service.prompts.submit(order, wait, request.receive)


@chat.operation("GET", "/requests", wording=wording.LIST, rate=RATE, rare=True, keep_nulls=True)
async def list_prompts(
    service: Service, response: Response, status: Selected = None, limit: Most = 100, page_token: PageToken = None
) -> list[PromptView]:
    """List the prompts that you submitted, newest first. For more, give the header X-Next-Page-Token as page_token."""
    prompts, token = await service.prompts.list_prompts(status, limit, page_token)
    if token:
        response.headers["X-Next-Page-Token"] = token
    return prompts


@chat.operation("GET", "/requests/next-idle", wording=wording.NEXT, rate=RATE, listed=False, keep_nulls=True)
async def read_next_prompt(service: Service) -> Any:
    """Read the prompt of yours that has waited longest; the answer is empty, with status 204, if none waits."""
    return await service.prompts.find_next() or Response(status_code=204)


@chat.operation("GET", "/requests/{prompt_id}", wording=wording.READ, rate=RATE, rare=True, keep_nulls=True)
async def read_prompt(service: Service, request: Request, prompt_id: Id, wait: Wait = 0, text_offset: Offset = 0) -> PromptView:
    """Read the state of a prompt and ChatGPT's answer. Wait some seconds before you ask again while it is not done."""
    return await service.prompts.read(prompt_id, wait, text_offset, request.receive)


@chat.operation(
    "PUT",
    "/requests/{prompt_id}",
    wording=wording.EDIT,
    ingests=True,
    tool=True,
    rate=RATE,
    rare=True,
    keep_nulls=True,
    largest_body=LARGEST_PROMPT,
)
async def edit_prompt(service: Service, prompt_id: Id, order: EditOrder) -> PromptView:
    """Change the text or the priority of a prompt that still waits."""
    return await service.prompts.edit(prompt_id, order)


@chat.operation(
    "POST",
    "/requests/{prompt_id}/cancel",
    wording=wording.CANCEL,
    changes=False,
    destructive=True,
    rate=RATE,
    rare=True,
    keep_nulls=True,
)
async def cancel_prompt(service: Service, prompt_id: Id) -> PromptView:
    """Cancel a prompt. If ChatGPT works on it already, its answer is not taken."""
    return await service.prompts.cancel(prompt_id)


@chat.operation(
    "POST",
    "/requests/{prompt_id}/retry",
    wording=wording.RETRY,
    ingests=True,
    tool=True,
    idempotent=False,
    rate=RATE,
    rare=True,
    keep_nulls=True,
)
async def retry_prompt(service: Service, prompt_id: Id) -> PromptView:
    """Put a prompt that failed back into the queue."""
    return await service.prompts.retry(prompt_id)


@chat.operation(
    "POST",
    "/requests/{prompt_id}/replay",
    wording=wording.REPLAY,
    preview="prompts.preview_replay",
    destructive=False,
    rare=True,
    keep_nulls=True,
)
async def replay_prompt(
    service: Service, prompt_id: Id, order: Annotated[ReplayOrder, Body(default_factory=ReplayOrder)]
) -> PromptView:
    """Send an ended prompt again, to another model or through OpenAI's API at the person's cost."""
    return await service.prompts.replay(prompt_id, order)


@chat.operation("GET", "/chats", wording=wording.LIST_CHATS, rate=RATE, rare=True, keep_nulls=True)
async def list_prompt_chats(
    service: Service, response: Response, limit: Most = 500, page_token: PageToken = None
) -> list[ChatView]:
    """List the ChatGPT chats of your prompts, oldest first; chat_id and title are null until they are known."""
    chats, token = await service.prompts.list_chats(limit, page_token)
    if token:
        response.headers["X-Next-Page-Token"] = token
    return chats


@chat.operation("GET", "/chats/{chat_id}", wording=wording.READ_CHAT, rate=RATE, rare=True, keep_nulls=True)
async def read_prompt_chat(service: Service, chat_id: ChatId) -> ChatView:
    """Look up a chat of your prompts by ChatGPT's id of it."""
    return await service.prompts.find_chat(chat_id)


@chat.operation("PUT", "/webhook", wording=wording.SET_WEBHOOK, ingests=True, rare=True, keep_nulls=True)
async def set_prompt_webhook(service: Service, order: WebhookOrder) -> WebhookOrder:
    """Set the address to which the results of your prompts are sent."""
    return await service.prompts.set_webhook(order)


@progress.operation("GET", "/{prompt_id}", wording=wording.FOLLOW, rate=RATE, listed=False)
async def follow_prompt(service: Service, prompt_id: Id) -> Any:
    """Follow a prompt until its answer is complete, as server-sent events."""
    return await service.prompts.follow(prompt_id)
