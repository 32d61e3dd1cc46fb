"""The fake OpenAI's Responses API. https://platform.openai.com/docs/api-reference/responses"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.integrations.conversations.fake.account import Account, JsonObject, make_id, read_object
from server.integrations.conversations.fake.conversation_methods import describe_list, read_items, read_text
from server.integrations.conversations.fake.faults import ApiError
from server.integrations.conversations.fake.model_answers import count_input, count_tokens, limit, serve
from server.integrations.conversations.fake.response_events import Run, stream_events, write_event

SMALLEST_OUTPUT = 16  # tokens
LOCKED = "Another process is currently operating on this conversation. Please retry in a few seconds."
NO_TEMPERATURE = "Unsupported parameter: 'temperature' is not supported with this model."
UNKNOWN = "Response with id '{id}' not found."
COPIED = ("metadata", "temperature", "top_p", "max_output_tokens", "tools", "tool_choice", "instructions", "previous_response_id")

Deliver = Callable[[str, str], Awaitable[None]]  # of an event about a response


class Responses:
    """Responses: made at once, as a stream, or in the background."""

    def __init__(self, account: Account, deliver: Deliver) -> None:
        self._account, self._deliver = account, deliver
        self._inputs: dict[str, list[JsonObject]] = {}  # of the responses, with what was before
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def routes(self) -> list[Route]:
        """Answer the addresses."""
        path = "/v1/responses/{id}"
        return [
            Route("/v1/responses", self.create, methods=["POST"]),
            Route("/v1/responses/input_tokens", self.count, methods=["POST"]),
            Route(path, self.read, methods=["GET"]),
            Route(path, self.delete, methods=["DELETE"]),
            Route(f"{path}/cancel", self.cancel, methods=["POST"]),
            Route(f"{path}/input_items", self.list_input, methods=["GET"]),
        ]

    async def close(self) -> None:
        """Cancel what runs in the background."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def create(self, request: Request) -> Response:
        self._account.require_key(request)
        body = await read_object(request)
        run = self._prepare(body)
        response = run.response
        if body.get("background"):
            self._tasks[response["id"]] = asyncio.create_task(self._finish_later(run))
            return JSONResponse(response)
        if body.get("stream"):
            return StreamingResponse(self._stream(run), media_type="text/event-stream")
        with self._running(run):
            await asyncio.sleep(self._account.piece_seconds * len(run.pieces))
            self._finish(run)
        return JSONResponse(response)

    async def read(self, request: Request) -> Response:
        return JSONResponse(self._find(request))

    async def delete(self, request: Request) -> Response:
        response_id = self._find(request)["id"]
        del self._account.responses[response_id]
        return JSONResponse({"id": response_id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Response:
        response = self._find(request)
        if not response["background"]:
            raise ApiError(400, "Only responses with background=true can be cancelled.")
        if (task := self._tasks.pop(response["id"], None)) is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            response["status"] = "cancelled"
            await self._deliver("response.cancelled", response["id"])
        return JSONResponse(response)

    async def list_input(self, request: Request) -> Response:
        return JSONResponse(describe_list(reversed(self._inputs[self._find(request)["id"]])))

    async def count(self, request: Request) -> Response:
        self._account.require_key(request)
        items = self._read_input(await read_object(request))
        return JSONResponse({"object": "response.input_tokens", "input_tokens": count_input([read_text(item) for item in items])})

    def _find(self, request: Request) -> JsonObject:
        self._account.require_key(request)
        response_id = request.path_params["id"]
        if response_id not in self._account.responses:
            raise ApiError(404, UNKNOWN.format(id=response_id))
        return self._account.responses[response_id]

    def _read_input(self, body: JsonObject) -> list[JsonObject]:
        value = body.get("input", [])
        return read_items([{"role": "user", "content": value}] if isinstance(value, str) else value, "input")

    def _prepare(self, body: JsonObject) -> Run:
        model, most = self._check_options(body)
        new, conversation = self._read_input(body), find_conversation(body)
        before = self._find_before(conversation, body.get("previous_response_id"))
        if not new and not before:
            raise ApiError(400, "One of 'input', 'prompt' or 'conversation' must be provided.", "missing_required_parameter")
        instructions = body.get("instructions")
        messages = [("system", str(instructions))] if instructions else []
        messages += [read_text(item) for item in [*before, *new]]
        reply = self._account.language_model.reply(messages, body.get("tools") or (), body.get("tool_choice", "auto"))
        pieces, is_cut = limit(reply, most)
        response = describe_response(self._account, model, body, conversation)
        self._account.responses[response["id"]] = response
        self._inputs[response["id"]] = [*before, *new]
        if conversation:
            self._account.items[conversation] += new
            self._account.busy.add(conversation)
        return Run(response, reply, pieces, is_cut=is_cut, input_tokens=count_input(messages), conversation=conversation)

    def _check_options(self, body: JsonObject) -> tuple[str, int | None]:
        model = self._account.require_model(body.get("model"))
        if body.get("temperature") is not None and model in self._account.without_temperature:
            raise ApiError(400, NO_TEMPERATURE, "unsupported_parameter", "temperature")
        return model, check_most(body.get("max_output_tokens"))

    def _find_before(self, conversation: str, previous: Any) -> list[JsonObject]:
        """Find the items before those of the request."""
        if conversation:
            self._account.require_conversation(conversation)
            if conversation in self._account.busy:
                raise ApiError(400, LOCKED, "conversation_locked")
            return list(self._account.items[conversation])
        if previous and previous not in self._account.responses:
            raise ApiError(400, f"Previous response with id '{previous}' not found.", "previous_response_not_found")
        return [*self._inputs[previous], *self._account.responses[previous]["output"]] if previous else []

    @contextmanager
    def _running(self, run: Run) -> Iterator[None]:
        run.response["status"] = "in_progress"
        try:
            yield
        finally:
            if run.response["status"] == "in_progress":  # the client is gone, or it was cancelled
                run.response["status"] = "cancelled"
            self._account.busy.discard(run.conversation)

    def _finish(self, run: Run) -> None:
        run.finish(self._account.now(), count_tokens("".join(run.pieces)))
        if run.conversation in self._account.items:
            self._account.items[run.conversation] += run.response["output"]

    async def _stream(self, run: Run) -> AsyncIterator[bytes]:
        with self._running(run):
            for number, event in enumerate(stream_events(run, lambda: self._finish(run))):
                yield write_event({**event, "sequence_number": number})
                await asyncio.sleep(self._account.piece_seconds)

    async def _finish_later(self, run: Run) -> None:
        with self._running(run):
            await asyncio.sleep(self._account.background_seconds)
            self._finish(run)
        self._tasks.pop(run.response["id"], None)
        await self._deliver(f"response.{run.response['status']}", run.response["id"])


def check_most(value: Any) -> int | None:
    """Check max_output_tokens."""
    if value is not None and (not isinstance(value, int) or value < SMALLEST_OUTPUT):
        message = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {SMALLEST_OUTPUT}."
        raise ApiError(400, message, "integer_below_min_value", "max_output_tokens")
    return value


def find_conversation(body: JsonObject) -> str:
    """Find the id of the conversation that a response belongs to; empty without one."""
    value = body.get("conversation")
    if value and body.get("previous_response_id"):
        raise ApiError(
            400, "Only one of 'conversation' and 'previous_response_id' may be given.", "mutually_exclusive_parameters"
        )
    return str(value.get("id", "") if isinstance(value, dict) else value or "")


def describe_response(account: Account, model: str, body: JsonObject, conversation: str) -> JsonObject:
    """Describe a response that was not begun."""
    is_background = bool(body.get("background"))
    return {
        "id": make_id("resp"),
        "object": "response",
        "created_at": account.now(),
        "status": "queued" if is_background else "in_progress",
        "background": is_background,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "service_tier": serve(body),
        "output": [],
        "parallel_tool_calls": True,
        "store": body.get("store", True),
        "usage": None,
        "conversation": {"id": conversation} if conversation else None,
        "temperature": 1.0,
        "top_p": 1.0,
        "tools": [],
        "tool_choice": "auto",
        "metadata": {},
        **{name: body[name] for name in COPIED if body.get(name) is not None},
    }
