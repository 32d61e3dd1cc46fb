"""The fake OpenAI's Chat Completions API. https://platform.openai.com/docs/api-reference/chat"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.integrations.conversations.fake.account import Account, JsonObject, make_id, read_object
from server.integrations.conversations.fake.faults import ApiError
from server.integrations.conversations.fake.model_answers import Reply, count_input, count_tokens, limit, serve

ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


class Completions:
    """Chat completions, at once or as a stream."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Answer the addresses."""
        return [Route("/v1/chat/completions", self.create, methods=["POST"])]

    async def create(self, request: Request) -> Response:
        self._account.require_key(request)
        body = await read_object(request)
        model, messages = self._account.require_model(body.get("model")), read_messages(body.get("messages"))
        tools = [tool.get("function") or {} for tool in body.get("tools") or () if isinstance(tool, dict)]
        reply = self._account.language_model.reply(messages, tools, body.get("tool_choice", "auto"))
        pieces, is_cut = limit(reply, body.get("max_completion_tokens") or body.get("max_tokens"))
        reason = "tool_calls" if reply.function else "length" if is_cut else "stop"
        frame = {"id": make_id("chatcmpl"), "created": self._account.now(), "model": model, "service_tier": serve(body)}
        usage = describe_usage(count_input(messages), count_tokens("".join(pieces)))
        if body.get("stream"):
            with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            chunks = list_chunks(reply, pieces, reason)
            events = self._stream({**frame, "object": "chat.completion.chunk"}, chunks, usage if with_usage else None)
            return StreamingResponse(events, media_type="text/event-stream")
        await asyncio.sleep(self._account.piece_seconds * len(pieces))
        choice = {"index": 0, "message": describe_message(reply, "".join(pieces)), "logprobs": None, "finish_reason": reason}
        return JSONResponse({**frame, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def _stream(self, frame: JsonObject, chunks: list[JsonObject], usage: JsonObject | None) -> AsyncIterator[bytes]:
        extra: JsonObject = {} if usage is None else {"usage": None}
        for choice in chunks:
            yield write_data({**frame, "choices": [choice], **extra})
            await asyncio.sleep(self._account.piece_seconds)
        if usage is not None:
            yield write_data({**frame, "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


def read_messages(value: Any) -> list[tuple[str, str]]:
    """Read role and text of each message."""
    if not isinstance(value, list) or not value:
        raise ApiError(400, "Missing required parameter: 'messages'.", "missing_required_parameter", "messages")
    messages = []
    for place, message in enumerate(value):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            raise ApiError(400, f"Invalid value: '{role}'.", "invalid_value", f"messages[{place}].role")
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content or ""}]
        messages.append((role, "".join(str(part.get("text") or "") for part in parts)))
    return messages


def describe_message(reply: Reply, text: str) -> JsonObject:
    """Describe the answer."""
    message: JsonObject = {"role": "assistant", "content": None if reply.function else text, "refusal": None, "annotations": []}
    if reply.function:
        call = {"id": make_id("call"), "type": "function", "function": {"name": reply.function, "arguments": text}}
        message["tool_calls"] = [call]
    return message


def list_chunks(reply: Reply, pieces: list[str], reason: str) -> list[JsonObject]:
    """List the choices of the chunks of a stream."""
    if reply.function:
        call = {"index": 0, "id": make_id("call"), "type": "function", "function": {"name": reply.function, "arguments": ""}}
        deltas: list[JsonObject] = [{"role": "assistant", "content": None, "tool_calls": [call]}]
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    else:
        deltas = [{"role": "assistant", "content": "", "refusal": None}, *({"content": piece} for piece in pieces)]
    choices: list[JsonObject] = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} for delta in deltas]
    return [*choices, {"index": 0, "delta": {}, "logprobs": None, "finish_reason": reason}]


def describe_usage(input_tokens: int, output_tokens: int) -> JsonObject:
    """Describe the tokens that were used."""
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def write_data(chunk: JsonObject) -> bytes:
    """Write a chunk as a server-sent event."""
    return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
