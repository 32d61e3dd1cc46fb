"""Reads the summary of a day: as JSON, or as Python writes it, which is how OMI sent it at first."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from server.core.items import convert_item
from server.integrations.omi.models import DaySummary
from server.integrations.omi.payload import digest, read_id, read_list, read_moment, read_object, read_text, shorten

LONGEST_WRITTEN = 200_000  # characters
DEEPEST = 30
MOST_ENTRIES = 30
UNREADABLE = "(This could not be read.)"
LISTS = ("highlights", "action_items", "unresolved_questions", "decisions_made", "knowledge_nuggets")
TEXT_FIELDS = ("description", "summary", "question", "decision", "insight", "text", "topic", "title", "name")


def find_summary(data: Mapping[str, Any]) -> dict[str, Any]:
    """Find the summary in a delivery; text that is no object becomes its overview."""
    for value in (data.get("summary_json"), data.get("summary")):
        summary = read_written(value) or {"overview": value} if isinstance(value, str) else value
        if isinstance(summary, dict) and summary:
            return summary
    return dict(data)


def read_written(text: str) -> dict[str, Any]:
    """Parse an object in JSON or Python syntax, without evaluating it; an empty one if it is neither."""
    if len(text) > LONGEST_WRITTEN or measure_depth(text) > DEEPEST:
        return {}
    for read in (json.loads, ast.literal_eval):
        try:
            return read_object(read(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return {}


def measure_depth(text: str) -> int:
    """Return an upper bound of the nesting depth of brackets and signs."""
    depth = deepest = signs = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        signs = signs + 1 if char in "-+~" else 0
        deepest = max(deepest, depth, signs)
    return deepest


def describe(data: Mapping[str, Any], uid: str, now: str) -> dict[str, str]:
    """Return the indexed values of a summary: `id`, `date` and `created_at`."""
    summary = find_summary(data)
    created = read_moment(data.get("created_at")) or read_moment(summary.get("created_at")) or now
    date = read_text(summary.get("date"))[:10] or created[:10]
    number = read_id(summary.get("id")) or f"d-{digest([uid, date])[:32]}"
    return {"id": number, "date": date, "created_at": created}


def has_content(data: Mapping[str, Any]) -> bool:
    """Return whether there is anything to read in a summary."""
    return any(view("", "", data).model_dump(exclude={"id", "date"}).values())


def view(summary_id: str, date: str, data: Mapping[str, Any]) -> DaySummary:
    """View a summary."""
    summary = find_summary(data)
    return DaySummary(
        id=summary_id,
        date=date,
        headline=shorten(read_text(summary.get("headline")), 500),
        overview=shorten(read_text(summary.get("overview")), 4000),
        **{name: view_list(read_list(summary.get(name))) for name in LISTS},
    )


def make_unreadable(summary_id: str, date: str, problem: str) -> DaySummary:
    """Make what stands for a summary that cannot be viewed."""
    return DaySummary(id=summary_id, date=date, headline="", overview="", **{name: [] for name in LISTS}, problem=problem)


def view_list(items: list[Any]) -> list[str]:
    """View the entries of a list, with a remark in the end if there are more."""
    texts = [text for item in items[:MOST_ENTRIES] if (text := convert_item(item, find_text, lambda _: UNREADABLE))]
    return texts if len(items) <= MOST_ENTRIES else [*texts, f"… and {len(items) - MOST_ENTRIES} more"]


def find_text(value: Any) -> str:
    """Return the text of an entry, whichever field it stands in."""
    if not isinstance(value, dict):
        return shorten(read_text(value), 500)
    topic = read_text(value.get("topic"))
    text = next((text for name in TEXT_FIELDS if (text := read_text(value.get(name)))), "")
    return shorten(f"{topic}: {text}" if topic and topic != text else text, 500)
