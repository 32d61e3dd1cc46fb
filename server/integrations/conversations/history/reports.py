"""Reports of deep research, which newer exports hold in the state of a widget instead of in a message."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server.integrations.conversations.history.decode import Metadata

WIDGET_TEXT = "The latest state of the widget is:"
DEEPEST = 4  # steps from a carrier to the report


@dataclass(frozen=True)
class Report:
    """A report with the references of its citations."""

    text: str
    metadata: Metadata


def find_report(metadata: Metadata | None, content: Mapping[str, Any]) -> Report | None:
    """Find a finished report in a message."""
    for state in list_states(metadata, content):
        if (message := find_key(state, "report_message")) and (report := read_report(message)):
            return report
    return None


def list_states(metadata: Metadata | None, content: Mapping[str, Any]) -> list[Any]:
    """List what may hold the state of a widget."""
    carriers = (metadata.chatgpt_sdk, metadata.venus_widget_state, metadata.tool_response_metadata) if metadata else ()
    states = list(filter(None, carriers))
    parts = content.get("parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], str) and parts[0].startswith(WIDGET_TEXT):
        states.append(parts[0].removeprefix(WIDGET_TEXT))
    return states


def find_key(value: Any, name: str, depth: int = DEEPEST) -> Any:
    """Find a key in nested objects; some are JSON in a string."""
    if isinstance(value, str) and name in value:
        try:
            value = json.JSONDecoder().raw_decode(value.strip())[0]
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, dict) or not depth:
        return None
    if name in value:
        return value[name]
    return next((inner for item in value.values() if (inner := find_key(item, name, depth - 1))), None)


def read_report(message: Any) -> Report | None:
    """Read the text of the message that is the report."""
    content = message.get("content") if isinstance(message, dict) else None
    parts = content.get("parts") if isinstance(content, dict) else None
    text = "\n\n".join(part for part in parts if isinstance(part, str)) if isinstance(parts, list) else ""
    if not text.strip():
        return None
    about = message.get("metadata")
    return Report(text, msgspec.convert(about if isinstance(about, dict) else {}, Metadata))
