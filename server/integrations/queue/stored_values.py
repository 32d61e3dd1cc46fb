"""Checks of what a restored backup has in the queue's tables: one row that cannot be read would hide all others."""

import json
from collections.abc import Callable, Mapping
from typing import Any

LARGEST_COUNT = 2**53  # one is added to it
LONGEST_ANSWER = 10.0**9  # seconds


def is_state(value: str) -> bool:
    """Return whether it is a state. Raises ValueError, as the next three do."""
    from server.integrations.queue.states import State

    return bool(State(value))


def is_lane(value: str) -> bool:
    """Return whether it is a lane."""
    from server.integrations.queue.models import Lane

    return bool(Lane(value))


def is_response_type(value: str) -> bool:
    """Return whether it is a response type."""
    from server.integrations.queue.models import ResponseType

    return bool(ResponseType(value))


def is_thinking_time(value: str) -> bool:
    """Return whether it is a thinking time."""
    from server.integrations.queue.models import ThinkingTime

    return bool(ThinkingTime(value))


def is_history(value: str) -> bool:
    """Return whether it is a history. Raises ValueError and TypeError."""
    from server.integrations.queue.store.rows import read_history

    return all(isinstance(entry.reason, str) for entry in read_history(value))


def is_list(value: str, fits: Callable[[Any], bool]) -> bool:
    """Return whether it is a list as JSON, whose items fit."""
    items = json.loads(value)
    return isinstance(items, list) and all(map(fits, items))


def is_texts(value: str) -> bool:
    """Return whether it is a list of texts."""
    return is_list(value, lambda item: isinstance(item, str))


def is_objects(value: str) -> bool:
    """Return whether it is a list of objects."""
    return is_list(value, lambda item: isinstance(item, dict))


def is_files(value: str) -> bool:
    """Return whether it is a list of files."""
    return is_list(value, is_file)


def is_file(item: Any) -> bool:
    """Return whether it describes a file."""
    if not isinstance(item, dict):
        return False
    return [type(item.get(name)) for name in ("name", "content_type", "size")] == [str, str, int] and is_count(item["size"])


def is_count(value: int) -> bool:
    """Return whether it is a number of something."""
    return 0 <= value <= LARGEST_COUNT


def is_duration(value: float) -> bool:
    """Return whether it is a number of seconds; negative if the clock was set back meanwhile."""
    return abs(value) <= LONGEST_ANSWER


OF_PROMPT: Mapping[str, Callable[[Any], bool]] = {
    "state": is_state,
    "lane": is_lane,
    "response_type": is_response_type,
    "thinking_time": is_thinking_time,
    "attachments": is_files,
    "notes": is_texts,
    "history": is_history,
    **dict.fromkeys(("number", "token", "attempts", "ends", "webhook_depth"), is_count),
}
OF_CONTROL: Mapping[str, Callable[[Any], bool]] = dict.fromkeys(("last_prompt", "last_chat", "sent_today"), is_count)
OF_ANSWER: Mapping[str, Callable[[Any], bool]] = {
    "lane": is_lane,
    "notes": is_texts,
    "citations": is_objects,
    "seconds": is_duration,
}
