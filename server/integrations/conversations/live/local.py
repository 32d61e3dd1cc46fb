"""Local routes of live conversations: starting, sending, following answers, projects, and deliveries by webhook."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from server.integrations.conversations.deliveries.limits import PATH
from server.integrations.conversations.library.models import ChatRow
from server.integrations.conversations.live.answer_streams import AnswerEnd
from server.integrations.conversations.live.images import NewImage
from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.live.project_rows import list_rows, view_row
from server.integrations.conversations.live.views import (
    ContinueOrder,
    MessageOrderDone,
    NewChatOrder,
    NewMessageOrder,
    ProjectChange,
    ProjectRow,
    ProjectRows,
    RegenerateOrder,
    SecretChange,
    WebhookState,
)
from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/chats", tags=["Conversations"])
project_routes = DeferredRouter(prefix="/api/chat-projects", tags=["Conversations"])
Conversations = Annotated[ConversationsService, provided(ConversationsService)]
LARGEST_MESSAGE = 40 * 1024 * 1024  # five images in Base64


async def view_chat(service: ConversationsService, chat_id: str) -> ChatRow:
    """View a conversation as lists have it."""
    return await service.library.view(await service.library.find(chat_id))


@local.post("", status_code=201)
async def start_chat(service: Conversations, order: NewChatOrder) -> ChatRow:
    """Starts a conversation, with its first message if there is one."""
    chat, _ = await service.chats.create(order.project_id, order.title, order.text, model=order.model, temporary=order.temporary)
    return await view_chat(service, chat.id)


@local.get("/webhook")
async def show_webhook(service: Conversations) -> WebhookState:
    """Shows whether conversations can be delivered by webhook."""
    authenticator = service.authenticator
    return WebhookState(path=PATH, secret_is_set=await authenticator.is_signing(), previous_until=authenticator.previous_until())


@local.put("/webhook/secret")
async def set_webhook_secret(service: Conversations, order: SecretChange) -> WebhookState:
    """Takes the secret of deliveries, or none. The one before counts for another day."""
    await service.authenticator.set_secret(order.secret)
    service.received.publish()
    return await show_webhook(service)


@local.post("/{chat_id}/messages", status_code=201, max_body_size=LARGEST_MESSAGE)
async def post_message(service: Conversations, chat_id: str, order: NewMessageOrder) -> MessageOrderDone:
    """Adds a message and asks for its answer. With the parent of another one it is that one, edited: a branch."""
    images = tuple(NewImage(name=image.name, data=image.data) for image in order.attachments)
    posted = await service.chats.send(chat_id, order.text, parent=order.parent_id, model=order.model, images=images)
    return MessageOrderDone(message_id=posted.id, answer_id=posted.answer_id)


@local.post("/{chat_id}/regenerate", status_code=201)
async def regenerate(service: Conversations, chat_id: str, order: RegenerateOrder) -> MessageOrderDone:
    """Asks for another answer to a message."""
    message_id, answer_id = await service.chats.regenerate(chat_id, order.message_id, model=order.model)
    return MessageOrderDone(message_id=message_id, answer_id=answer_id)


@local.post("/{chat_id}/stop", status_code=204)
async def stop(service: Conversations, chat_id: str) -> Response:
    """Stops the answers that are being written, and those that wait."""
    await service.chats.stop(chat_id)
    return Response(status_code=204)


@local.post("/{chat_id}/continue", status_code=201)
async def continue_chat(service: Conversations, chat_id: str, order: ContinueOrder) -> ChatRow:
    """Makes a live copy of a conversation up to a message, to go on with a model."""
    chat = await service.copies.make(chat_id, "", order.message_id)
    return await view_chat(service, chat.id)


async def require_answer(service: Conversations, chat_id: str, answer_id: str) -> None:
    """Raises NotFound while the response has not begun."""
    await service.chats.find_answer(chat_id, answer_id)


@local.get("/{chat_id}/answers/{answer_id}", dependencies=[Depends(require_answer)], response_class=EventSourceResponse)
async def follow_answer(service: Conversations, chat_id: str, answer_id: str) -> AsyncIterator[ServerSentEvent]:
    """Streams an answer: `text` events, then `done` or `failed`."""
    async for item in service.chats.follow(chat_id, answer_id):
        yield write_event(item)


def write_event(item: str | AnswerEnd) -> ServerSentEvent:
    """Write a piece of an answer, or its end."""
    if isinstance(item, str):
        return ServerSentEvent(event="text", data={"text": item})
    if item.state is AnswerState.done:
        return ServerSentEvent(event="done", data={"message": {"id": item.id, "text": item.text}})
    return ServerSentEvent(event="failed", data={"error": item.error, "state": item.state})


@project_routes.get("")
async def list_projects(service: Conversations) -> ProjectRows:
    """Lists the projects, those that were imported too."""
    return ProjectRows(projects=await list_rows(service))


@project_routes.post("", status_code=201)
async def create_project(service: Conversations, order: ProjectChange) -> ProjectRow:
    """Creates a project."""
    project = await service.projects.create(**{"name": "", **order.values})
    if order.budget is not None:
        await service.spending.set_budget(order.budget, project.id)
    return await view_row(service, project.id)


@project_routes.put("/{project_id}")
async def change_project(service: Conversations, project_id: str, order: ProjectChange) -> ProjectRow:
    """Changes a project."""
    await service.projects.change(project_id, **order.values)
    if "budget" in order.model_fields_set:
        await service.spending.set_budget(order.budget, project_id)
    return await view_row(service, project_id)


@project_routes.delete("/{project_id}", status_code=204)
async def remove_project(service: Conversations, project_id: str) -> Response:
    """Removes a project with its budget; its conversations move to the default one."""
    await service.projects.remove(project_id)
    await service.spending.set_budget(None, project_id)
    return Response(status_code=204)
