"""OpenAI's API for clients: what of it there is, and what it will do."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from server.core.errors import InvalidInput, NotFound
from server.core.text import shorten
from server.integrations.conversations.adapter.protocol import Model
from server.integrations.conversations.compatible.forwarding import Forwarder
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.outgoing import Outgoing, read_completion_request, read_response_request
from server.integrations.conversations.compatible.wording import ASK
from server.integrations.conversations.live.chats import Chats
from server.integrations.conversations.openai_account.connection import OpenAIConnection
from server.integrations.conversations.openai_account.spending import Spending
from server.sdk.operation import Effect, current_call
from server.sdk.streaming import EventStream

NO_BACKGROUND = "Deskhand waits for the answers of /v1. Leave “background” out, or use a stream."
NO_STREAM = "A response that OpenAI has stored is answered as a whole. Leave “stream” out."
NO_MODEL = "There is no model {}. /v1/models lists those that there are."


class CompatibleApi:
    """The operations of /v1."""

    def __init__(self, openai: OpenAIConnection, spending: Spending, chats: Chats) -> None:
        self._openai, self._forwarder = openai, Forwarder(openai, spending, chats)

    async def preview_completion(self, body: CompletionRequest) -> Effect:
        """Preview a chat completion."""
        return foresee(read_completion_request(body))

    async def preview_response(self, body: ModelResponseRequest) -> Effect:
        """Preview a response."""
        return foresee(read_response_request(body))

    async def complete(self, body: CompletionRequest) -> Mapping[str, Any] | EventStream:
        """Get a chat completion."""
        request = read_completion_request(body, is_openai=not self._openai.is_free)
        return await self._forwarder.send(request, current_call.get().client_id)

    async def respond(self, body: ModelResponseRequest) -> Mapping[str, Any] | EventStream:
        """Get a response. Raises InvalidInput for one in the background."""
        if body.background:
            raise InvalidInput(NO_BACKGROUND, param="background", code="unsupported_parameter")
        return await self._forwarder.send(read_response_request(body), current_call.get().client_id)

    async def read_response(self, response_id: str, include: Sequence[str] = (), *, stream: bool = False) -> Mapping[str, Any]:
        """Read a response that OpenAI has stored. Raises NotFound, and InvalidInput for a stream."""
        if stream:
            raise InvalidInput(NO_STREAM, param="stream", code="unsupported_parameter")
        query = f"?{urlencode([('include[]', name) for name in include])}" if include else ""
        return await self._openai.api().forward("GET", f"/responses/{response_id}{query}")

    async def list_models(self) -> Mapping[str, Any]:
        """List the models for chats, and the person's aliases."""
        return {"object": "list", "data": await self._list_models()}

    async def read_model(self, name: str) -> Mapping[str, Any]:
        """Read a model. Raises NotFound."""
        model = next((model for model in await self._list_models() if model["id"] == name), None)
        if model is None:
            raise NotFound(NO_MODEL.format(shorten(name)), param="model", code="model_not_found", kind="invalid_request_error")
        return model

    async def _list_models(self) -> list[Mapping[str, Any]]:
        models = {model.id: model for model in await self._openai.list_models()}
        aliases = self._openai.settings.aliases.items()
        named = models | {name: models[target] for name, target in aliases if target in models and name not in models}
        return [show_model(name, model) for name, model in named.items()]


def show_model(name: str, model: Model) -> Mapping[str, Any]:
    """Show a model as OpenAI does; when it was made is not known here."""
    more = {"shutdown_date": model.shutdown_date} if model.shutdown_date else {}
    return {"id": name, "object": "model", "created": 0, "owned_by": model.owned_by or "openai", **more}


def foresee(request: Outgoing) -> Effect:
    """Foresee what a request does."""
    model = request.model or "the usual model"
    last = next((turn.text for turn in reversed(request.turns) if turn.role == "user"), "")
    limit = [("Tokens of the answer", f"at most {request.limit}")] if request.limit else []
    return Effect(ASK.fill(model=model), (("Model", model), ("Message", shorten(last)), *limit))
