"""Local routes of the queue: what it does, what the person decides, and the rules."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from server.integrations.queue.local_models import (
    MessageChange,
    Move,
    QueueChats,
    QueueCount,
    QueueGroup,
    QueueOverview,
    QueuePage,
    QueuePromptDetails,
    QueuePromptId,
    QueueRules,
    QueueRulesChange,
    Replay,
    Resolution,
)
from server.integrations.queue.service import QueueService
from server.integrations.queue.store.monitor import MOST, Selection
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

LARGEST_KEY = 2**63 - 1
LARGEST_TEXT = 12 * 1024 * 1024
local = DeferredRouter(prefix="/api/queue", tags=["Browser queue"])
Queued = Annotated[QueueService, provided(QueueService)]
PromptId = Annotated[str, Path(min_length=1, max_length=100)]


@local.get("/summary")
async def read_summary(service: Queued) -> QueueOverview:
    """Summarizes the queue in numbers."""
    return await service.summarize()


@local.get("/prompts")
async def list_prompts(
    service: Queued,
    group: QueueGroup = "all",
    chat: Annotated[int | None, Query(ge=0, le=LARGEST_KEY)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    offset: Annotated[int, Query(ge=0, le=MOST)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> QueuePage:
    """Lists prompts: those that wait in their order, others the newest first."""
    return await service.monitor.list(Selection(group, chat, q.strip()), offset, limit)


@local.get("/prompts/{prompt_id}")
async def read_prompt(service: Queued, prompt_id: PromptId) -> QueuePromptDetails:
    """Shows a prompt with its partial text, its answers and its history."""
    return await service.monitor.show(prompt_id)


@local.get("/numbers/{number}")
async def find_number(service: Queued, number: Annotated[int, Path(ge=0, le=LARGEST_KEY)]) -> QueuePromptId:
    """Finds a prompt by its number."""
    return QueuePromptId(id=await service.monitor.find_id(number))


@local.put("/prompts/{prompt_id}", status_code=204, max_body_size=LARGEST_TEXT)
async def edit_prompt(service: Queued, prompt_id: PromptId, change: MessageChange) -> Response:
    """Changes the text of a prompt that waits."""
    await service.queue.edit(prompt_id, change.message)
    return Response(status_code=204)


@local.post("/prompts/{prompt_id}/cancel", status_code=204)
async def cancel_prompt(service: Queued, prompt_id: PromptId) -> Response:
    """Cancels a prompt that has not ended."""
    await service.queue.cancel(prompt_id)
    return Response(status_code=204)


@local.post("/prompts/{prompt_id}/retry", status_code=204)
async def retry_prompt(service: Queued, prompt_id: PromptId) -> Response:
    """Puts a failed or cancelled prompt back into the queue."""
    await service.queue.retry(prompt_id)
    return Response(status_code=204)


@local.post("/prompts/{prompt_id}/replay", status_code=204)
async def replay_prompt(service: Queued, prompt_id: PromptId, order: Replay) -> Response:
    """Sends a prompt again, in the browser or over the API; its earlier answers are kept."""
    await service.monitor.replay(prompt_id, order.lane, order.model)
    return Response(status_code=204)


@local.post("/prompts/{prompt_id}/resolve", status_code=204, max_body_size=LARGEST_TEXT)
async def resolve_prompt(service: Queued, prompt_id: PromptId, resolution: Resolution) -> Response:
    """Decides about a prompt if it is unknown whether it was sent."""
    await service.monitor.resolve(prompt_id, resolution)
    return Response(status_code=204)


@local.post("/prompts/{prompt_id}/move", status_code=204)
async def move_prompt(service: Queued, prompt_id: PromptId, order: Move) -> Response:
    """Moves a prompt among those that wait."""
    await service.monitor.move(prompt_id, order.place)
    return Response(status_code=204)


@local.get("/chats")
async def list_chats(service: Queued) -> QueueChats:
    """Lists the chats whose title is known, the newest first."""
    return await service.monitor.list_chats()


@local.put("/settings")
async def change_rules(service: Queued, change: QueueRulesChange) -> QueueRules:
    """Changes the rules; what is left out stays."""
    return await service.monitor.change_rules(change)


@local.post("/dead/retry")
async def retry_dead(service: Queued) -> QueueCount:
    """Puts all dead letters back into the queue."""
    return QueueCount(count=await service.monitor.retry_dead())


@local.post("/dead/discard")
async def discard_dead(service: Queued) -> QueueCount:
    """Discards all dead letters; they stay failed."""
    return QueueCount(count=await service.monitor.discard_dead())


@local.post("/{order}", status_code=204)
async def turn_queue(service: Queued, order: Literal["pause", "resume", "drain"]) -> Response:
    """Pauses, resumes or drains the queue: nothing is sent, or nothing new accepted, until it is resumed."""
    turns = {"pause": service.queue.pause, "resume": service.queue.resume, "drain": service.queue.drain}
    await turns[order]()
    return Response(status_code=204)
