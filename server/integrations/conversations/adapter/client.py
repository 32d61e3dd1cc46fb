"""OpenAI's API by its own client, which is imported at first use.

A request that changes something or costs money is sent once: the client's own retries are off.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr

from server.core.errors import DeskhandError, InvalidInput, NotFound, UpstreamFailed
from server.integrations.conversations.adapter.errors import OPENAI, ErrorTranslator
from server.integrations.conversations.adapter.protocol import Answer, Model, ResponseRequest, Turn, Uncertain, Usage
from server.integrations.conversations.models import Frozen
from server.integrations.conversations.openai_account.models import describe_missing
from server.sdk.operation import reading_own_account

if TYPE_CHECKING:
    import httpx2
    import openai
    from openai.types.responses import Response, ResponseInputItemParam

OPENAI_URL = "https://api.openai.com/v1"
MOST_ITEMS = 20  # of one request to the Conversations API
CONNECT_SECONDS, READING_SECONDS, ANSWER_SECONDS = 10.0, 30.0, 600.0  # a model may think for minutes without a word
NO_KEY = "none"  # of a service that needs none; the client insists on one
RUNNING = {"queued", "in_progress"}
LAST_EVENTS = {"response.completed", "response.incomplete", "response.failed"}
TEXT_EVENTS = {"response.output_text.delta", "response.refusal.delta"}
INCOMPLETE = {
    "max_output_tokens": "The answer was cut at the limit of output tokens.",
    "content_filter": "The content filter ended the answer.",
}


class Connection(Frozen):
    """How OpenAI, or a service that speaks like it, is reached. `base_url`: empty for OpenAI itself. `service`: its name."""

    key: SecretStr = SecretStr("")
    organization: str = ""
    base_url: str = ""
    service: str = OPENAI


class OpenAIClient:
    """OpenAI's API. `get_http` gives the HTTP client that the whole program shares."""

    def __init__(self, connection: Connection, get_http: "Callable[[], Awaitable[httpx2.AsyncClient]]") -> None:
        self._connection = connection
        self._get_http = get_http
        self._errors = ErrorTranslator(connection.service)
        self._client: openai.AsyncOpenAI | None = None

    async def respond(
        self, request: ResponseRequest, on_created: Callable[[str], Awaitable[None]] | None = None
    ) -> AsyncGenerator[str | Answer]:
        """Stream a response: pieces of its text, then the complete Answer as the last item."""
        arguments, note = make_arguments(request), on_created or ignore
        if request.background:
            response = await self._create(arguments)
            await note(response.id)
            yield read_answer(response, self._errors)
            return
        response_id = ""
        try:
            async with aclosing(self._read(await self._create({**arguments, "stream": True}))) as events:
                async for event in events:
                    if event.type == "response.created":
                        response_id = event.response.id
                        await note(response_id)
                    elif (item := read_event(event, self._errors)) is not None:
                        yield item
                        if isinstance(item, Answer):
                            return
            raise Uncertain
        except Uncertain as error:
            error.response_id = response_id
            raise

    async def retrieve_response(self, response_id: str) -> Answer | None:
        """Read a response; None while it runs. Raises NotFound."""
        async with self._calling(changes=False) as client:
            response = await client.responses.retrieve(response_id)
        return None if response.status in RUNNING else read_answer(response, self._errors)

    async def cancel_response(self, response_id: str) -> None:
        """Cancel a response of background mode."""
        async with self._calling(changes=False) as client:  # a second time changes nothing
            await client.responses.cancel(response_id)

    async def create_conversation(self, metadata: Mapping[str, str], turns: Sequence[Turn] = ()) -> str:
        """Create a Conversation with its first items, at most 20 for each request; return its id."""
        items = [make_item(turn) for turn in turns]
        async with self._calling() as client:
            conversation = await client.conversations.create(metadata=dict(metadata), items=items[:MOST_ITEMS])
        try:
            for start in range(MOST_ITEMS, len(items), MOST_ITEMS):
                async with self._calling() as client:
                    await client.conversations.items.create(conversation.id, items=items[start : start + MOST_ITEMS])
        except DeskhandError:
            with suppress(DeskhandError):  # a part of a conversation is of no use
                await self.delete_conversation(conversation.id)
            raise
        return conversation.id

    async def delete_conversation(self, thread_id: str) -> None:
        """Delete a Conversation. One that is gone already is no error."""
        with suppress(NotFound):
            async with self._calling(changes=False) as client:
                await client.conversations.delete(thread_id)

    async def forward(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send the request of a client of /v1 as it is, once, and return the object that OpenAI answers."""
        if method == "POST":
            async with self._sending((body or {}).get("model")) as client:
                return self._require_object(await client.post(path, cast_to=object, body=body))
        async with self._calling(changes=False) as client:
            return self._require_object(await (client.delete if method == "DELETE" else client.get)(path, cast_to=object))

    async def forward_stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any]]:
        """Send such a request with `"stream": true`; return once OpenAI has begun to answer."""
        import openai

        async with self._sending(body.get("model")) as client:
            stream = await client.post(path, cast_to=object, body=body, stream=True, stream_cls=openai.AsyncStream[object])
        return self._pass_on(stream)

    async def list_models(self) -> list[Model]:
        """List the models that the key may use. A connection that was lost is tried once more."""
        with reading_own_account():  # previews name the model
            for is_last in (False, True):
                try:
                    async with self._calling(changes=False) as client:
                        page = await client.models.list()
                    break
                except UpstreamFailed:
                    if is_last:
                        raise
        return [Model(id=item.id, shutdown_date=item.shutdown_date or "", owned_by=item.owned_by or "") for item in page.data]

    async def create_webhook(self, name: str, url: str, events: Sequence[str]) -> tuple[str, str]:
        """Register an address for events; return the id and the signing secret."""
        async with self._calling() as client:
            webhook = await client.webhooks.create(name=name, url=url, event_types=cast("Any", list(events)))
        return webhook.id, webhook.signing_secret

    async def update_webhook(self, webhook_id: str, url: str) -> None:
        """Change the address of a registered webhook."""
        async with self._calling(changes=False) as client:
            await client.webhooks.update(webhook_id, url=url)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook. One that is gone already is no error."""
        with suppress(NotFound):
            async with self._calling(changes=False) as client:
                await client.webhooks.delete(webhook_id)

    @asynccontextmanager
    async def _calling(self, *, changes: bool = True) -> "AsyncIterator[openai.AsyncOpenAI]":
        if self._client is None:
            self._client = await asyncio.to_thread(make_client, self._connection, await self._get_http())
        import openai

        try:
            yield self._client
        except (openai.OpenAIError, ValueError) as error:  # ValueError: an answer that is no JSON, or an address that is none
            raise self._errors.translate(error, changes=changes) from error

    @asynccontextmanager
    async def _sending(self, model: Any) -> "AsyncIterator[openai.AsyncOpenAI]":
        """Send what makes an answer, which may take long. A model that is gone is refused with the names of current ones."""
        try:
            async with self._calling() as client:
                yield client.with_options(timeout=make_timeout(ANSWER_SECONDS))
        except InvalidInput as error:
            if error.extra.get("code") != "model_not_found":
                raise
            models: list[Model] = []
            with suppress(DeskhandError):
                models = await self.list_models()
            raise describe_missing(str(model), models, datetime.now(UTC).date()) from error

    async def _create(self, arguments: dict[str, Any]) -> Any:
        """Send a request for a response once, or again without a temperature that the model does not take."""
        try:
            async with self._sending(arguments["model"]) as client:
                return await client.responses.create(**arguments)
        except InvalidInput as error:
            if "temperature" not in arguments or error.extra.get("param") != "temperature":
                raise
        return await self._create({name: value for name, value in arguments.items() if name != "temperature"})

    async def _read(self, stream: Any) -> AsyncGenerator[Any]:
        """Read the events of a stream, and end its request."""
        try:
            async with self._calling():
                async for event in stream:
                    yield event
        finally:
            await stream.close()

    async def _pass_on(self, stream: "openai.AsyncStream[object]") -> AsyncGenerator[Mapping[str, Any]]:
        async with aclosing(self._read(stream)) as events:
            async for event in events:
                data = self._require_object(event)
                if data.get("type") == "error":
                    raise self._errors.translate_event(data.get("code"), str(data.get("message") or ""))
                yield data

    def _require_object(self, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self._errors.describe_failure()
        return value


async def ignore(_: str) -> None:
    """Ignore the id of a response."""


def make_client(connection: Connection, http: "httpx2.AsyncClient") -> "openai.AsyncOpenAI":
    """Create the client. Blocks for the import. Nothing is taken from the environment by itself: keys have their host."""
    import openai

    headers: dict[str, Any] = {"OpenAI-Project": openai.Omit()}
    headers |= {} if connection.organization else {"OpenAI-Organization": openai.Omit()}
    return openai.AsyncOpenAI(
        api_key=connection.key.get_secret_value() or NO_KEY,
        admin_api_key="",
        organization=connection.organization,
        base_url=connection.base_url or OPENAI_URL,
        default_headers=headers,
        max_retries=0,
        timeout=make_timeout(READING_SECONDS),
        http_client=http,
    )


def make_timeout(seconds: float) -> "httpx2.Timeout":
    """Make the limits of a request; `seconds`: until the next part of its answer."""
    import httpx2

    return httpx2.Timeout(READING_SECONDS, connect=CONNECT_SECONDS, read=seconds)


def make_arguments(request: ResponseRequest) -> dict[str, Any]:
    """Write the arguments of a response."""
    optional = {
        "conversation": request.thread_id,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "metadata": dict(request.metadata),
        "background": request.background,
        "service_tier": request.service_tier,
    }
    given = {name: value for name, value in optional.items() if value not in (None, "", {}, False)}
    return {"model": request.model, "input": [make_item(turn) for turn in request.turns], **given}


def make_item(turn: Turn) -> "ResponseInputItemParam":
    """Write a message as an item."""
    if not turn.images:
        return cast("ResponseInputItemParam", {"role": turn.role, "content": turn.text})
    parts: list[dict[str, str]] = [{"type": "input_text", "text": turn.text}] if turn.text else []
    parts += [{"type": "input_image", "image_url": url, "detail": "auto"} for url in turn.images]
    return cast("ResponseInputItemParam", {"role": turn.role, "content": parts})


def read_event(event: Any, errors: ErrorTranslator) -> str | Answer | None:
    """Read an event of a streamed response: a piece of text, the end, or nothing of interest."""
    if event.type in TEXT_EVENTS:
        return str(event.delta)
    if event.type in LAST_EVENTS:
        return read_answer(event.response, errors)
    if event.type == "error":
        raise errors.translate_event(event.code, event.message)
    return None


def read_answer(response: "Response", errors: ErrorTranslator) -> Answer:
    """Read a response."""
    reason = response.incomplete_details.reason if response.incomplete_details else None
    failure = errors.translate_event(None, response.error.message).detail if response.error else ""
    return Answer(
        id=response.id,
        text="".join(read_texts(response)),
        model=str(response.model),
        status=response.status or "completed",
        usage=read_usage(response),
        error=failure or INCOMPLETE.get(reason or "", ""),
        service_tier=response.service_tier or "",
    )


def read_texts(response: "Response") -> list[str]:
    """Read the texts and refusals of a response, whose `output` other services may leave out."""
    parts = [part for item in response.output or [] if item.type == "message" for part in item.content]
    return [part.text if part.type == "output_text" else part.refusal for part in parts]


def read_usage(response: "Response") -> Usage:
    """Read the tokens of a response."""
    usage = response.usage
    if usage is None:
        return Usage()
    details, output = usage.input_tokens_details, usage.output_tokens_details
    return Usage(
        input_tokens=usage.input_tokens,
        cached_tokens=details.cached_tokens if details else 0,
        output_tokens=usage.output_tokens,
        reasoning_tokens=output.reasoning_tokens if output else 0,
    )
