"""The paths of OpenAI's API. Each is answered as OpenAI answers it; a call that would have to be asked about is refused."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query, Response
from fastapi.responses import JSONResponse

from server.integrations.conversations.compatible.errors import OPENAI_ERRORS
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.wording import LOOK, READ, TALK
from server.integrations.conversations.service import ConversationsService
from server.sdk.operation import Operations
from server.sdk.services import provided
from server.sdk.streaming import EventStream

LARGEST_BODY = 32 * 1024 * 1024  # images are in it
Service = Annotated[ConversationsService, provided(ConversationsService)]
ResponseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,200}$", description="The id of a response.")]
Include = Annotated[tuple[str, ...], Query(alias="include[]", max_length=20, description="What else OpenAI is to answer.")]
Streamed = Annotated[bool, Query(description="Always false: it is answered as a whole.")]
ModelName = Annotated[str, Path(max_length=200, description="The name of a model.")]
compatible = Operations(
    prefix="/v1", title="OpenAI-compatible API", scopes=("read:chats", "write:chats"), errors=OPENAI_ERRORS, asks=False
)


@compatible.operation(
    "POST", "/chat/completions", wording=TALK, preview="compatible.preview_completion", largest_body=LARGEST_BODY
)
async def create_chat_completion(service: Service, body: CompletionRequest) -> Response:
    """Answer a conversation with an OpenAI model, as OpenAI's own API does. For programs that speak it."""
    return show(await service.compatible.complete(body))


@compatible.operation("POST", "/responses", wording=TALK, preview="compatible.preview_response", largest_body=LARGEST_BODY)
async def create_model_response(service: Service, body: ModelResponseRequest) -> Response:
    """Get a response of an OpenAI model, as OpenAI's own API does. For programs that speak it."""
    return show(await service.compatible.respond(body))


@compatible.operation("GET", "/responses/{response_id}", wording=READ)
async def read_model_response(
    service: Service, response_id: ResponseId, include: Include = (), *, stream: Streamed = False
) -> Response:
    """Read a response that OpenAI has stored. For programs that speak OpenAI's API."""
    return show(await service.compatible.read_response(response_id, include, stream=stream))


@compatible.operation("GET", "/models", wording=LOOK)
async def list_compatible_models(service: Service) -> Response:
    """List the OpenAI models for chats, as OpenAI's own API does. For programs that speak it."""
    return show(await service.compatible.list_models())


@compatible.operation("GET", "/models/{model:path}", wording=LOOK)
async def read_compatible_model(service: Service, model: ModelName) -> Response:
    """Read about an OpenAI model, as OpenAI's own API does. For programs that speak it."""
    return show(await service.compatible.read_model(model))


def show(answer: Mapping[str, Any] | EventStream) -> Response:
    """Show an answer as OpenAI gave it."""
    return answer if isinstance(answer, EventStream) else JSONResponse(answer)
