"""Reads the summary of a day: as JSON, or as Python writes it, which is how OMI sent it at first."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from server.integrations.omi.models import DaySummary
from server.integrations.omi.payload import digest, read_id, read_list, read_moment, read_object, read_text

LONGEST_WRITTEN = 200_000  # characters
DEEPEST = 30
WORDS = ("description", "summary", "question", "decision", "insight", "text", "topic", "title", "name")


def find_summary(data: Mapping[str, Any]) -> dict[str, Any]:
    """The summary inside of a delivery; its words alone where it can be read in no other way."""
    for told in (data.get("summary_json"), data.get("summary")):
        found = read_written(told) or {"overview": told} if isinstance(told, str) else told
        if isinstance(found, dict) and found:
            return found
    return dict(data)


def read_written(text: str) -> dict[str, Any]:
    """Read an object as JSON or Python write it, without running anything; an empty one where that cannot be done."""
    if len(text) > LONGEST_WRITTEN or measure_depth(text) > DEEPEST:
        return {}
    for read in (json.loads, ast.literal_eval):
        try:
            return read_object(read(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return {}


def measure_depth(text: str) -> int:
    """How deep brackets and signs may be nested, at most."""
    depth = deepest = signs = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        signs = signs + 1 if char in "-+~" else 0
        deepest = max(deepest, depth, signs)
    return deepest


def describe(data: Mapping[str, Any], uid: str, now: str) -> dict[str, str]:
    """What is kept of a delivery beside the whole of it: `id`, `date` and `created_at`."""
    summary = find_summary(data)
    created = read_moment(data.get("created_at")) or read_moment(summary.get("created_at")) or now
    date = read_text(summary.get("date"))[:10] or created[:10]
    number = read_id(summary.get("id")) or f"d-{digest([uid, date])[:32]}"
    return {"id": number, "date": date, "created_at": created}


def view(summary_id: str, date: str, data: Mapping[str, Any]) -> DaySummary:
    """A summary as clients read it."""
    told = find_summary(data)
    lists = ("highlights", "action_items", "unresolved_questions", "decisions_made", "knowledge_nuggets")
    return DaySummary(
        id=summary_id,
        date=date,
        headline=read_text(told.get("headline"))[:500],
        overview=read_text(told.get("overview"))[:4000],
        **{name: [words for one in read_list(told.get(name))[:30] if (words := find_words(one))] for name in lists},
    )


def find_words(value: Any) -> str:
    """The words of an entry, whichever field they stand in."""
    if not isinstance(value, dict):
        return read_text(value)[:500]
    topic = read_text(value.get("topic"))
    found = next((words for name in WORDS if (words := read_text(value.get(name)))), "")
    return (f"{topic}: {found}" if topic and topic != found else found)[:500]
