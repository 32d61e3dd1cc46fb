"""Requests of /v1 on their way to OpenAI."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.integrations.conversations.adapter.protocol import Answer, Turn
from server.integrations.conversations.compatible.collectors import (
    Collector,
    CompletionCollector,
    ResponseCollector,
    read_completion,
    read_response,
)
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.transcript import list_entries, read_images, read_input, read_messages
from server.integrations.conversations.live.image_tokens import count_image_tokens
from server.integrations.conversations.live.turns import TOKENS_PER_TURN
from server.sdk.streaming import to_json

Body = dict[str, Any]


@dataclass(frozen=True)
class Outgoing:
    """A request. `turns`: what of it is stored. `limit`: the most tokens of an answer, in the field `limit_name`, if it says it.

    `count`: how many answers it asks for. `shows_usage`: the events of its stream have the tokens.
    """

    path: str
    body: Body
    turns: tuple[Turn, ...]
    limit: int | None
    limit_name: str
    make_collector: Callable[[], Collector]
    read: Callable[[Mapping[str, Any]], Answer]
    count: int = 1
    previous_response_id: str = ""
    shows_usage: bool = True

    @property
    def model(self) -> str:
        """The name of the model that it asks for; empty if it names none."""
        return str(self.body.get("model") or "")

    def count_tokens(self, model: str) -> int:
        """Count the tokens that it has for a model at most, each of a byte. Blocks, for images.

        All that is sent counts, also what turns do not have: OpenAI may read more than is understood here.
        """
        entries = list_entries(self.body)
        images = [url for entry in entries for name in ("content", "output") for url in read_images(entry.get(name))]
        size = len(to_json(self.body).encode()) - sum(len(url.encode()) for url in images)
        return size + TOKENS_PER_TURN * len(entries) + sum(count_image_tokens(model, url) for url in images)

    @property
    def service_tier(self) -> str:
        """The service tier that it asks for; empty if it names none."""
        return str(self.body.get("service_tier") or "")

    def write(self, model: str, most: int | None, tier: str = "") -> Body:
        """Write it for a model and a service tier. `most`: tokens of all answers, which it may have to be limited to."""
        added: Body = {self.limit_name: max(most // self.count, 1)} if most and not self.limit else {}
        if tier and tier != self.service_tier:
            added["service_tier"] = tier
        return {**self.body, "model": model, **added}

    @property
    def is_stream(self) -> bool:
        """Return whether the answer is sent while it is made."""
        return bool(self.body.get("stream"))


def read_completion_request(request: CompletionRequest, *, is_openai: bool = True) -> Outgoing:
    """Read the request of a chat completion. The tokens of a stream are always asked for, as they are counted here."""
    body, options = request.model_dump(exclude_unset=True), request.stream_options or {}
    if request.stream:
        body["stream_options"] = {**options, "include_usage": True}
    return Outgoing(
        path="/chat/completions",
        body=body,
        turns=read_messages(request.messages),
        limit=max(request.max_completion_tokens or 0, request.max_tokens or 0) or None,
        limit_name="max_completion_tokens" if is_openai else "max_tokens",
        make_collector=CompletionCollector,
        read=read_completion,
        count=request.n or 1,
        shows_usage=bool(options.get("include_usage")),
    )


def read_response_request(request: ModelResponseRequest) -> Outgoing:
    """Read the request of a response."""
    return Outgoing(
        path="/responses",
        body=request.model_dump(exclude_unset=True),
        turns=read_input(request.input, request.instructions),
        limit=request.max_output_tokens,
        limit_name="max_output_tokens",
        make_collector=ResponseCollector,
        read=read_response,
        previous_response_id=request.previous_response_id or "",
    )
