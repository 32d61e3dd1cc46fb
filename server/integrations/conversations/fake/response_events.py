"""The events of a streamed response, in their order. https://platform.openai.com/docs/api-reference/responses-streaming"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from server.integrations.conversations.fake.account import JsonObject, make_id
from server.integrations.conversations.fake.model_answers import Reply


@dataclass
class Run:
    """A response that is being made. `is_cut`: it ends at max_output_tokens."""

    response: JsonObject
    reply: Reply
    pieces: list[str]
    is_cut: bool = False
    input_tokens: int = 0
    conversation: str = ""
    item: JsonObject = field(init=False)

    def __post_init__(self) -> None:
        if self.reply.function:
            call = {"type": "function_call", "id": make_id("fc"), "call_id": make_id("call"), "name": self.reply.function}
            self.item = {**call, "arguments": "", "status": "in_progress"}
        else:
            self.item = {"type": "message", "id": make_id("msg"), "role": "assistant", "status": "in_progress", "content": []}

    @property
    def text(self) -> str:
        """Return what was made."""
        return "".join(self.pieces)

    def finish(self, now: int, output_tokens: int) -> None:
        """Complete the response."""
        status = "incomplete" if self.is_cut else "completed"
        self.item["status"] = status
        if self.reply.function:
            self.item["arguments"] = self.text
        else:
            self.item["content"] = [describe_part(self.text)]
        usage = {"input_tokens": self.input_tokens, "output_tokens": output_tokens}
        details: JsonObject = {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}}
        details["output_tokens_details"] = {"reasoning_tokens": 0}
        total = {"total_tokens": self.input_tokens + output_tokens}
        self.response |= {"status": status, "output": [self.item], "completed_at": now, "usage": {**usage, **details, **total}}
        if self.is_cut:
            self.response["incomplete_details"] = {"reason": "max_output_tokens"}


def describe_part(text: str) -> JsonObject:
    """Describe the text of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def write_event(event: JsonObject) -> bytes:
    """Write a server-sent event."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def stream_events(run: Run, finish: Callable[[], None]) -> Iterator[JsonObject]:
    """List the events; `finish` is called before the last ones."""
    yield {"type": "response.created", "response": copy.deepcopy(run.response)}
    yield {"type": "response.in_progress", "response": copy.deepcopy(run.response)}
    yield {"type": "response.output_item.added", "output_index": 0, "item": copy.deepcopy(run.item)}
    yield from stream_arguments(run) if run.reply.function else stream_text(run)
    finish()
    yield {"type": "response.output_item.done", "output_index": 0, "item": copy.deepcopy(run.item)}
    yield {"type": f"response.{run.response['status']}", "response": copy.deepcopy(run.response)}


def stream_text(run: Run) -> Iterator[JsonObject]:
    """List the events of a text."""
    place = {"item_id": run.item["id"], "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": describe_part("")}
    for piece in run.pieces:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": run.text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": describe_part(run.text)}


def stream_arguments(run: Run) -> Iterator[JsonObject]:
    """List the events of a function's arguments."""
    place = {"item_id": run.item["id"], "output_index": 0}
    for piece in run.pieces:
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    yield {"type": "response.function_call_arguments.done", **place, "arguments": run.text, "name": run.reply.function}
