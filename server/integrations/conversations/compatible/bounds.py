"""Bounds of what a request costs, so that a budget is never exceeded."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.core.errors import Forbidden
from server.core.invisible import show_line
from server.integrations.conversations.compatible.transcript import (
    IMAGE_PARTS,
    READ_ITEMS,
    TEXT_PARTS,
    list_entries,
    list_items,
)

COUNTED_TOOLS = ("function", "custom", "local_shell", "apply_patch")  # the client runs them, so they cost their tokens only
SOUND = "input_audio"
COUNTED_PARTS = (*TEXT_PARTS, *IMAGE_PARTS, "refusal")
UNCOUNTED = {  # why, of the fields that are known
    "conversation": "adds an unknown number of tokens",
    "prompt": "adds an unknown number of tokens",
    "prediction": "is billed where the answer differs from it",
    "web_search_options": "is billed by use",
    "audio": "is billed at another price",
}
BOUNDED = {  # fields of a request that cost no more than the tokens of their text and of the answer
    *("model", "metadata", "temperature", "top_p", "top_logprobs", "store", "user", "safety_identifier", "service_tier"),
    *("stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "prompt_cache_key", "prompt_cache_retention"),
    *("messages", "max_tokens", "max_completion_tokens", "n", "stop", "seed", "logit_bias", "logprobs", "modalities"),
    *("frequency_penalty", "presence_penalty", "response_format", "reasoning_effort", "verbosity", "functions", "function_call"),
    *("input", "instructions", "previous_response_id", "max_output_tokens", "max_tool_calls", "include", "background"),
    *("reasoning", "text", "truncation"),
}
UNKNOWN = "has a cost that Deskhand does not know"  # also of what OpenAI may add next year
NOT_COUNTED = "“{name}” cannot be used within a budget, as it {reason}. Leave it out, or remove the budget."
NOT_COUNTED_TOOL = (
    "The tool “{name}” cannot be used within a budget, as OpenAI runs it and bills it by use. Leave it out, or remove the budget."
)
SEARCHING = (
    "“{name}” cannot be used within a budget, as its searches are billed by use. Choose another model, or remove the budget."
)
Body = Mapping[str, Any]


def check_bounded(body: Body, model: str) -> None:
    """Check that the cost of a request has a bound. Raises Forbidden, which names what has none."""
    for name, value in body.items():
        if value is not None and name not in BOUNDED:
            raise refuse(NOT_COUNTED, name, name, reason=UNCOUNTED.get(name, UNKNOWN))
    if has_sound(body):
        raise refuse(NOT_COUNTED, "audio", "messages", reason=UNCOUNTED["audio"])
    for tool in list_tools(body):
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if kind not in COUNTED_TOOLS:
            raise refuse(NOT_COUNTED_TOOL, str(kind), "tools")
    if "search" in model:  # also of deep research
        raise refuse(SEARCHING, model, "model")


def has_sound(body: Body) -> bool:
    """Return whether a request has sound, or refers to a spoken answer. Its tokens cost many times as much as those of text."""
    return any(item.get("audio") for item in list_entries(body)) or any(part.get("type") == SOUND for part in list_parts(body))


def list_tools(body: Body) -> Iterator[Any]:
    """List the tools of a request, also those that its items bring."""
    for holder in (body, *list_entries(body)):
        tools = holder.get("tools") or []
        yield from tools if isinstance(tools, list) else [tools]


def refuse(sentence: str, name: str, param: str, **values: str) -> Forbidden:
    """Make the refusal of what has no bound."""
    return Forbidden(sentence.format(name=show_line(name[:100]), **values), param=param, code="budget_exceeded")


def is_counted(body: Body) -> bool:
    """Return whether the input is in the request itself, as far as tokens go: no file, no reference to what OpenAI has stored."""
    return all(map(is_counted_item, list_entries(body))) and all(map(is_counted_part, list_parts(body)))


def is_counted_item(item: Body) -> bool:
    """Return whether a message or another item of an input says all that it adds."""
    match item.get("type") or "message":
        case "message":
            return "role" in item and not item.get("audio")  # without a role it is a reference
        case "reasoning":
            return bool(item.get("encrypted_content"))  # else OpenAI has it stored
        case kind:
            return kind in READ_ITEMS


def is_counted_part(part: Body) -> bool:
    """Return whether a part of a content says all that it adds."""
    return part.get("type") in COUNTED_PARTS and not part.get("file_id")


def list_parts(body: Body) -> Iterator[Body]:
    """List the parts of all contents, and of outputs of functions."""
    for item in list_entries(body):
        yield from list_items(item.get("content"))
        yield from list_items(item.get("output"))
