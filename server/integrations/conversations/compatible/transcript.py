"""Messages of /v1 as turns: those that a client sends, and those that a model answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from server.integrations.conversations.adapter.protocol import Turn

ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system", "tool": "tool", "function": "tool"}
TEXT_PARTS = ("text", "input_text", "output_text")  # compared with any JSON value, which a set could not hash
IMAGE_PARTS = ("image_url", "input_image")
READ_ITEMS = ("message", "function_call", "custom_tool_call", "function_call_output", "custom_tool_call_output")
Item = Mapping[str, Any]


def read_messages(messages: Iterable[Item]) -> tuple[Turn, ...]:
    """Read the messages of a chat completion."""
    turns = [Turn(role=read_role(item), text=read_message(item), images=read_images(item.get("content"))) for item in messages]
    return tuple(turn for turn in turns if turn.text or turn.images)


def read_input(value: Any, instructions: Any = "") -> tuple[Turn, ...]:
    """Read the input of a response: a text, or items. The instructions come first."""
    items = [{"role": "user", "content": value}] if isinstance(value, str) else list_items(value)
    turns = [read_item(item) for item in items]
    first = [Turn(role="system", text=instructions)] if isinstance(instructions, str) and instructions else []
    return tuple(turn for turn in [*first, *turns] if turn.text or turn.images)


def read_item(item: Item) -> Turn:
    """Read an item of a response's input: a message, a call of a function, or its output."""
    match item.get("type", "message"):
        case "message":
            return Turn(role=read_role(item), text=read_text(item.get("content")), images=read_images(item.get("content")))
        case "function_call" | "custom_tool_call":
            return Turn(role="assistant", text=write_call(item))
        case "function_call_output" | "custom_tool_call_output":
            return Turn(role="tool", text=read_text(item.get("output")), images=read_images(item.get("output")))
        case _:  # reasoning, references and calls of OpenAI's own tools
            return Turn(role="assistant", text="")


def read_output(output: Any) -> str:
    """Read the text of a response's output, with its calls of functions."""
    turns = [read_item(item) for item in list_items(output)]
    return "\n\n".join(turn.text for turn in turns if turn.text)


def read_message(message: Item) -> str:
    """Read the text of a message of a chat completion, with its calls of functions."""
    calls = [call.get("function") or call.get("custom") or call for call in list_items(message.get("tool_calls"))]
    calls += list_items([message.get("function_call")])  # as it was before tools
    texts = [read_text(message.get("content")), str(message.get("refusal") or ""), *map(write_call, calls)]
    return "\n\n".join(text for text in texts if text)


def read_role(message: Item) -> str:
    """Read the role of a message."""
    return ROLES.get(str(message.get("role")), "user")


def read_text(content: Any) -> str:
    """Read the text of a content: a text, or parts."""
    if isinstance(content, str):
        return content
    parts = [part for part in list_items(content) if is_text(part)]
    texts = [part.get("refusal") if part.get("type") == "refusal" else part.get("text") for part in parts]
    return "\n\n".join(text for text in texts if isinstance(text, str))


def is_text(part: Item) -> bool:
    """Return whether a part of a content has a text."""
    return part.get("type") in TEXT_PARTS or part.get("type") == "refusal"


def read_images(content: Any) -> tuple[str, ...]:
    """Read the addresses of the images of a content."""
    links = [part.get("image_url") for part in list_items(content) if part.get("type") in IMAGE_PARTS]
    urls = [link.get("url") if isinstance(link, Mapping) else link for link in links]
    return tuple(url for url in urls if isinstance(url, str))


def write_call(call: Any) -> str:
    """Write a call of a function as a text."""
    named = call if isinstance(call, Mapping) else {}
    return f"{named.get('name', '')}({named.get('arguments') or named.get('input') or ''})"


def list_entries(body: Item) -> list[Item]:
    """List the messages or the items of a request."""
    return list_items(body.get("messages")) + list_items(body.get("input"))


def list_items(value: Any) -> list[Item]:
    """List the objects of what should be a list of them."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
