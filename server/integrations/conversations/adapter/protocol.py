"""OpenAI's API as the service uses it: Responses, Conversations, Models, Webhooks.

Errors: SignInNeeded (no key, or a refused one), InvalidInput (400, 404 or 422 of OpenAI, with its sentence), Forbidden (403, or
no credit left), NotFound (there is no such response), TooManyRequests, UpstreamFailed, UpstreamTimedOut, Unavailable (OpenAI is
out of reach, overloaded, or still busy with the conversation: nothing was carried out, and the same may be sent again).
`Uncertain`: a request went out and its answer never came, so it may have been carried out.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pydantic import Field

from server.core.errors import UpstreamFailed
from server.integrations.conversations.models import Frozen


class Uncertain(UpstreamFailed):
    """OpenAI's answer was lost, so it is unknown whether it took the request. It is not sent again by itself."""

    response_id = ""  # of the response that OpenAI had begun, to be looked up; empty: unknown

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail, uncertain=True, **extra)


class Turn(Frozen):
    """A message as OpenAI takes it. `role`: user, assistant or system. `images`: data: addresses or https ones."""

    role: str
    text: str
    images: tuple[str, ...] = ()


class Usage(Frozen):
    """Tokens of one response. `audio_tokens`: those of sound among the others."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = Field(0, exclude=True)  # which makes the cost unknown


class Answer(Frozen):
    """A response. `status`: completed, incomplete, failed or cancelled; `error`: a sentence, if there is one.

    `service_tier`: the one that it is billed by; empty if OpenAI does not say.

    The Answer that `respond` gives in background mode is `queued` or `in_progress` and has no text yet.
    """

    id: str
    text: str
    model: str
    status: str = "completed"
    usage: Usage = Usage()
    error: str = ""
    service_tier: str = ""

    @property
    def is_running(self) -> bool:
        """Return whether it is not complete yet."""
        return self.status in {"queued", "in_progress"}


class ResponseRequest(Frozen):
    """Request of one response. Without `thread_id` the turns are the whole conversation. `service_tier`: empty for any."""

    model: str
    turns: tuple[Turn, ...]
    thread_id: str = ""
    instructions: str = ""
    max_output_tokens: int | None = None
    temperature: float | None = None
    background: bool = False
    service_tier: str = ""
    metadata: Mapping[str, str] = {}


class Model(Frozen):
    """A model. `shutdown_date`: YYYY-MM-DD, empty if none is known."""

    id: str
    shutdown_date: str = ""
    owned_by: str = ""


class OpenAIApi(Protocol):
    """OpenAI's API. `adapter.client.OpenAIClient` is the real one."""

    def respond(
        self, request: ResponseRequest, on_created: Callable[[str], Awaitable[None]] | None = None
    ) -> AsyncGenerator[str | Answer]:
        """Stream a response: pieces of its text, then the complete Answer as the last item.

        `on_created` gets the response's id before the first piece. In background mode the only item is an Answer that is
        queued, for `retrieve_response` to complete.
        """

    async def retrieve_response(self, response_id: str) -> Answer | None:
        """Read a response; None while it runs. Raises NotFound."""

    async def cancel_response(self, response_id: str) -> None:
        """Cancel a response of background mode."""

    async def create_conversation(self, metadata: Mapping[str, str], turns: Sequence[Turn] = ()) -> str:
        """Create a Conversation with its first items, at most 20 for each request; return its id, conv_…."""

    async def delete_conversation(self, thread_id: str) -> None:
        """Delete a Conversation. One that is gone already is no error."""

    async def forward(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send the request of a client of /v1 as it is, once, and return the object that OpenAI answers.

        `path`: below the base URL, such as "/chat/completions" or "/responses/resp_1". Raises NotFound for a 404 besides the
        errors above; all of OpenAI's own have in `extra` what its `error` has as `code`, `param` and `kind` (its type).
        """

    async def forward_stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any]]:
        """The same with POST and `"stream": true` in the body: it returns once OpenAI has begun to answer, or raises as above.

        The generator yields the `data` object of each event, without the final [DONE]. An `error` in the stream raises. Closing
        it ends the request, so that OpenAI writes no more.
        """

    async def list_models(self) -> list[Model]:
        """List the models that the key may use."""

    async def create_webhook(self, name: str, url: str, events: Sequence[str]) -> tuple[str, str]:
        """Register an address for events; return the id and the signing secret."""

    async def update_webhook(self, webhook_id: str, url: str) -> None:
        """Change the address of a registered webhook."""

    async def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook. One that is gone already is no error."""
