"""Lenient parsing of OMI's payloads: an odd field is dropped, the rest is read."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from server.core.errors import InvalidInput
from server.core.items import convert_item
from server.core.text import shorten as shorten_line
from server.integrations.omi.transcript import Segment, write_transcript

KNOWN = """
    personal education health finance legal philosophy spiritual science entrepreneurship parenting romantic travel
    inspiration technology business social work sports politics literature history architecture music weather news
    entertainment psychology real design family economics environment other
"""
CATEGORIES = frozenset(KNOWN.split())
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
SPEAKER = re.compile(r"SPEAKER_(\d{1,6})")
MORE = ("photos", "apps_results", "plugins_results")
MOST_SPEAKERS = 1_000_000
UNREADABLE = "(These words could not be read.)"
NOT_JSON = "This is no delivery of OMI: its body has to be a JSON object."


@dataclass(frozen=True)
class Todo:
    """An action item. `due_at`, `created_at`: ISO 8601 in UTC; None if not given."""

    description: str
    completed: bool
    due_at: str | None
    created_at: str | None


@dataclass(frozen=True)
class Conversation:
    """A conversation as delivered. Times are ISO 8601 in UTC."""

    id: str
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    updated_at: str | None
    title: str
    overview: str
    emoji: str
    category: str
    status: str
    discarded: bool
    transcript: str
    todos: tuple[Todo, ...]
    has_more: bool = False

    @property
    def has_content(self) -> bool:
        """Return whether there is anything to read in it. `has_more`: also what only its body holds, such as photos."""
        return bool(self.title or self.overview or self.transcript or self.todos or self.has_more)


UNREADABLE_TODO = Todo("(This action item could not be read.)", completed=False, due_at=None, created_at=None)


def parse(body: bytes) -> Any:
    """Parse JSON leniently. Raises InvalidInput if it is none."""
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise InvalidInput(NOT_JSON) from None


def require_object(value: Any) -> dict[str, Any]:
    """Raises InvalidInput if it is no object."""
    if not isinstance(value, dict):
        raise InvalidInput(NOT_JSON)
    return value


def digest(value: Any) -> str:
    """Hash JSON in canonical form: order and white space do not matter."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_conversation(data: Mapping[str, Any]) -> Conversation:
    """Parse a conversation in OMI's first format or today's."""
    structured = read_object(data.get("structured"))
    category = read_text(structured.get("category")).lower()
    items = read_list(structured.get("action_items"))
    return Conversation(
        id=read_id(data.get("id")) or make_id(data),
        created_at=read_moment(data.get("created_at")),
        started_at=read_moment(data.get("started_at")),
        finished_at=read_moment(data.get("finished_at")),
        updated_at=read_moment(data.get("updated_at")),
        title=read_text(structured.get("title")),
        overview=read_text(structured.get("overview")),
        emoji=read_text(structured.get("emoji")),
        category=category if category in CATEGORIES else "other",
        status=read_text(data.get("status")) or "completed",
        discarded=data.get("discarded") is True,
        transcript=write_transcript(read_segments(data.get("transcript_segments"))) or read_external(data.get("external_data")),
        todos=tuple(todo for item in items if (todo := convert_item(item, read_todo, lambda _: UNREADABLE_TODO))),
        has_more=any(any(isinstance(item, dict) and item for item in read_list(data.get(name))) for name in MORE),
    )


def make_id(data: Mapping[str, Any]) -> str:
    """Make an id for a conversation without one; an update of it gets the same."""
    known = {name: data[name] for name in ("created_at", "started_at", "transcript_segments", "external_data") if data.get(name)}
    return "m-" + digest(known if data.get("created_at") else dict(data))[:32]


def read_id(value: Any) -> str:
    """Return an id that can stand in a URL; other ids are hashed. Empty: there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return ""
    text = write_plain(value)
    return text if not text or ID.fullmatch(text) else "m-" + digest(text)[:32]


def read_segments(value: Any) -> list[Segment]:
    """Parse the segments of a transcript, in their order."""
    return [read_segment(item, place) for place, item in enumerate(read_list(value)) if isinstance(item, dict)]


def list_segment_ids(body: str) -> list[str]:
    """List the ids that OMI gave the segments of a stored conversation; those of its live transcript are the same."""
    segments = [item for item in read_list(json.loads(body).get("transcript_segments")) if isinstance(item, dict)]
    return [segment_id for segment in segments if (segment_id := read_text(segment.get("id")))]


def read_segment(data: Mapping[str, Any], place: int = 0) -> Segment:
    """Parse a segment. One that cannot be parsed says so, so that the others can be read."""
    unreadable = Segment(f"unreadable-{place}", UNREADABLE, speaker=0, name="Unknown speaker", is_user=False, start=0.0, end=0.0)
    return convert_item(data, lambda data: parse_segment(data, place), lambda _: unreadable)


def parse_segment(data: Mapping[str, Any], place: int) -> Segment:
    """Parse a segment, with either spelling of its speaker."""
    speaker = read_text(data.get("speaker"))
    numbers = [number for name in ("speaker_id", "speakerId") if isinstance(number := data.get(name), int)]
    numbers = [number for number in numbers if abs(number) < MOST_SPEAKERS]
    named = SPEAKER.fullmatch(speaker)
    start = read_number(data.get("start"))
    return Segment(
        id=read_text(data.get("id")) or f"{start:.3f}-{place}",
        text=read_text(data.get("text")),
        speaker=numbers[0] if numbers else int(named[1]) if named else 0,
        name=read_name(data.get("speaker_name")) or ("" if named else read_name(speaker)),
        is_user=data.get("is_user") is True,
        start=start,
        end=read_number(data.get("end"), start),
    )


def read_name(value: Any) -> str:
    """Return the name or label of a speaker on one line."""
    return shorten_line(read_text(value))


def read_todo(item: Any) -> Todo | None:
    """Parse an action item: an object, or its description alone."""
    if isinstance(item, str):
        item = {"description": item}
    description = read_text(read_object(item).get("description"))
    if not description:
        return None
    done = item.get("completed") is True
    return Todo(description, done, read_moment(item.get("due_at")), read_moment(item.get("created_at")))


def read_external(value: Any) -> str:
    """Return the text of an imported conversation, which has no segments."""
    if isinstance(value, str):
        return read_text(value)
    text = read_text(read_object(value).get("text"))
    return text or (read_text(json.dumps(value, ensure_ascii=False)) if value else "")


def shorten(text: str, most: int) -> str:
    """Cut a text for display, and show that it goes on."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def read_text(value: Any) -> str:
    """Return text without NUL and lone surrogates; empty if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return write_plain(value).replace("\0", "").encode("utf-8", "replace").decode().strip()


def write_plain(value: str | float) -> str:
    """Convert to text; a number with thousands of digits becomes empty."""
    try:
        return str(value)
    except ValueError:
        return ""


def read_number(value: Any, default: float = 0.0) -> float:
    """Return a number below a billion, else the default."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if abs(number) < 1e9 else default


def read_moment(value: Any) -> str | None:
    """Parse ISO 8601 or seconds since 1970 as ISO 8601 in UTC. Without a time zone it is UTC, as OMI's are."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).isoformat()
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def read_object(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def read_list(value: Any) -> list[Any]:
    """Return a list; an empty one for anything else."""
    return value if isinstance(value, list) else []
