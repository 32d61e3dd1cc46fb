"""The complete answer of a stream, put together from its events."""

from collections.abc import Mapping
from typing import Any, Protocol

from server.integrations.conversations.adapter.protocol import Answer, Usage
from server.integrations.conversations.compatible.transcript import list_items, read_message, read_output

REPLACED = {"role", "type", "id", "index", "name"}  # other texts in deltas are pieces
OWN = {"index", "delta", "message"}  # fields of a choice that are read on their own
LAST_EVENTS = ("response.completed", "response.incomplete", "response.failed")  # compared with any JSON value
TEXT_EVENTS = ("response.output_text.delta", "response.refusal.delta")
LARGEST_COUNT = 10**12
ENDED = {"completed": "completed", "incomplete": "incomplete", "failed": "failed", "cancelled": "cancelled"}
Data = Mapping[str, Any]


class Collector(Protocol):
    """Puts the events of an answer together. `ends_with_done`: the stream ends with [DONE]."""

    ends_with_done: bool

    def name(self, data: Data) -> str:
        """Return the name of an event."""

    def add(self, data: Data) -> bool:
        """Add an event. Returns whether it is the end, with which the answer is complete."""

    def write_result(self) -> Any:
        """Write the complete answer, as without a stream."""

    def read_answer(self) -> Answer:
        """Return what there is until now as an answer, which is cancelled unless it is complete."""


class CompletionCollector:
    """Collects the chunks of a chat completion."""

    ends_with_done = True

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def name(self, _: Data) -> str:
        """Chunks have no name."""
        return ""

    def add(self, data: Data) -> bool:
        """Add a chunk. The end of a completion is that of its stream."""
        self._fields |= {name: value for name, value in data.items() if name not in {"choices", "object"} and value is not None}
        for part in list_items(data.get("choices")):
            number, delta = read_count(part.get("index")), part.get("delta")
            choice = self._choices.setdefault(number, {"index": number, "message": {}, "finish_reason": None})
            choice["message"] = merge(choice["message"], delta if isinstance(delta, Mapping) else {})
            choice |= {name: value for name, value in part.items() if name not in OWN and value is not None}
        return False

    def write_result(self) -> Any:
        """Write the completion."""
        choices = [finish_choice(choice) for _, choice in sorted(self._choices.items())]
        return {"object": "chat.completion", **self._fields, "choices": choices}

    def read_answer(self) -> Answer:
        """Return it as an answer."""
        return read_completion(self.write_result())


class ResponseCollector:
    """Collects the events of a response."""

    ends_with_done = False

    def __init__(self) -> None:
        self._response: Data = {}
        self._text = ""

    def name(self, data: Data) -> str:
        """Return the name of an event, which is its type."""
        return str(data.get("type") or "")

    def add(self, data: Data) -> bool:
        """Add an event. The last one has the whole response."""
        if isinstance(response := data.get("response"), Mapping):
            self._response = response
        elif data.get("type") in TEXT_EVENTS:
            self._text += str(data.get("delta") or "")
        return data.get("type") in LAST_EVENTS

    def write_result(self) -> Any:
        """Write the response."""
        return self._response

    def read_answer(self) -> Answer:
        """Return it as an answer."""
        answer = read_response(self._response)
        return answer if answer.text else answer.model_copy(update={"text": self._text})


def finish_choice(choice: Data) -> dict[str, Any]:
    """Write a choice without the numbers of the calls of its message."""
    message = {"role": "assistant", "content": None, **choice["message"]}
    if calls := list_items(message.get("tool_calls")):
        message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
    return {**choice, "message": message}


def merge(whole: Any, piece: Any) -> Any:
    """Put a piece of a delta to what came before it: texts one after the other, lists by the numbers of their items."""
    if isinstance(whole, str) and isinstance(piece, str):
        return whole + piece
    if isinstance(whole, Mapping) and isinstance(piece, Mapping):
        fresh = {name: value for name, value in piece.items() if value is not None}
        old = {name: whole.get(name) for name in fresh if name not in REPLACED}
        return {**whole, **{name: merge(old.get(name), value) for name, value in fresh.items()}}
    if isinstance(whole, list) and isinstance(piece, list):
        return merge_items(whole, piece)
    return piece


def merge_items(whole: list[Any], piece: list[Any]) -> list[Any]:
    """Put the items of a list of pieces to those of the same number."""
    items = list(whole)
    for item in piece:
        number = item.get("index") if isinstance(item, Mapping) else None
        numbers = [old.get("index") if isinstance(old, Mapping) else None for old in items]
        place = numbers.index(number) if number is not None and number in numbers else None
        if place is None:
            items.append(item)
        else:
            items[place] = merge(items[place], item)
    return items


def read_completion(completion: Data) -> Answer:
    """Read a chat completion; the first choice is the answer."""
    choice = next(iter(list_items(completion.get("choices"))), {})
    message, reason = choice.get("message"), choice.get("finish_reason")
    return Answer(
        id=str(completion.get("id") or ""),
        text=read_message(message if isinstance(message, Mapping) else {}),
        model=str(completion.get("model") or ""),
        status="incomplete" if reason in ("length", "content_filter") else "completed" if reason else "cancelled",
        usage=read_usage(completion.get("usage"), "prompt", "completion"),
        service_tier=str(completion.get("service_tier") or ""),
    )


def read_response(response: Data) -> Answer:
    """Read a response."""
    error = response.get("error")
    return Answer(
        id=str(response.get("id") or ""),
        text=read_output(response.get("output")),
        model=str(response.get("model") or ""),
        status=ENDED.get(str(response.get("status")), "cancelled"),
        usage=read_usage(response.get("usage"), "input", "output"),
        service_tier=str(response.get("service_tier") or ""),
        error=str(error.get("message") or "") if isinstance(error, Mapping) else "",
    )


def read_usage(usage: Any, before: str, after: str) -> Usage:
    """Read the tokens of an answer; `before` and `after`: how their fields begin."""
    return Usage(
        input_tokens=read_count(usage, f"{before}_tokens"),
        cached_tokens=read_count(usage, f"{before}_tokens_details", "cached_tokens"),
        output_tokens=read_count(usage, f"{after}_tokens"),
        reasoning_tokens=read_count(usage, f"{after}_tokens_details", "reasoning_tokens"),
        audio_tokens=sum(read_count(usage, f"{name}_tokens_details", "audio_tokens") for name in (before, after)),
    )


def read_count(value: Any, *path: str) -> int:
    """Read a number; 0 if it is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return min(max(value, 0), LARGEST_COUNT) if isinstance(value, int) else 0
