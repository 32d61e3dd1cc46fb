"""The project at the fake OpenAI that a key belongs to: its models, conversations, responses and webhooks."""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from server.integrations.conversations.fake.faults import ApiError
from server.integrations.conversations.fake.model_answers import LanguageModel

JsonObject = dict[str, Any]

KEY = "sk-proj-fake-0123456789abcdefghijklmnopqrstuvwxyz"
ORGANIZATION = "org-fake"
MODELS: dict[str, str | None] = {  # and when each is shut down
    "gpt-6-luna": None,
    "gpt-6-luna-mini": None,
    "gpt-5.6-sol": None,
    "gpt-5.1": "2027-04-01",
    "gpt-5": "2026-12-11",
    "gpt-5-mini": "2026-12-11",
    "gpt-4o": "2027-01-14",
    "gpt-4o-mini": "2027-01-14",
    "gpt-4.1": "2027-01-14",
    "text-embedding-3-small": None,
    "whisper-1": None,
}
RETIRED = ("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "o1-mini")
WITHOUT_TEMPERATURE = ("gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5.6-sol")
DEPRECATED = "The model `{model}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
MISSING = "The model `{model}` does not exist or you do not have access to it."


def make_id(prefix: str) -> str:
    """Make an identifier such as resp_…."""
    return f"{prefix}_{secrets.token_hex(24)}"


@dataclass
class Account:
    """Everything that one project has. `conversations`: the items of each; `busy`: those that a response is being made for.

    `piece_seconds` pass between two events of a stream; a response of background mode takes `background_seconds`.
    """

    clock: Callable[[], float] = time.time
    keys: set[str] = field(default_factory=lambda: {KEY})
    models: dict[str, str | None] = field(default_factory=lambda: dict(MODELS))
    retired: set[str] = field(default_factory=lambda: set(RETIRED))
    without_temperature: set[str] = field(default_factory=lambda: set(WITHOUT_TEMPERATURE))
    language_model: LanguageModel = field(default_factory=LanguageModel)
    conversations: dict[str, JsonObject] = field(default_factory=dict)
    items: dict[str, list[JsonObject]] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    responses: dict[str, JsonObject] = field(default_factory=dict)
    webhooks: dict[str, JsonObject] = field(default_factory=dict)
    piece_seconds: float = 0.0
    background_seconds: float = 0.0
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def now(self) -> int:
        """Return the time in seconds since 1970."""
        return int(self.clock())

    def require_key(self, request: Request) -> None:
        """Check a request's key."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise ApiError(401, "You didn't provide an API key.", "missing_api_key")
        if key not in self.keys:
            masked = f"{key[:7]}***{key[-4:]}"
            raise ApiError(401, f"Incorrect API key provided: {masked}.")

    def require_model(self, name: Any) -> str:
        """Check the name of a model."""
        if not isinstance(name, str) or not name:
            raise ApiError(400, "Missing required parameter: 'model'.", "missing_required_parameter", "model")
        if name in self.retired:
            raise ApiError(404, DEPRECATED.format(model=name), "model_not_found")
        if name not in self.models:
            raise ApiError(404, MISSING.format(model=name), "model_not_found")
        return name

    def require_conversation(self, conversation_id: str) -> JsonObject:
        """Find a conversation."""
        try:
            return self.conversations[conversation_id]
        except KeyError:
            raise ApiError(404, f"Conversation with id '{conversation_id}' not found.", param="conversation_id") from None


async def read_object(request: Request) -> JsonObject:
    """Read a request's body."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "We could not parse the JSON body of your request.")
    return body
