"""Content of an export besides conversations: custom instructions, memories and feedback. It is stored apart, not searched."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from server.integrations.conversations.history.citations import items_of
from server.integrations.conversations.history.decode import Message, time_of
from server.integrations.conversations.history.records import MemoryRecord

INSTRUCTIONS, MEMORY, FEEDBACK = "instructions", "memory", "feedback"
LONGEST = 100_000  # characters
FIELDS = {
    "user_editable_context": (INSTRUCTIONS, ("user_profile", "user_instructions")),
    "model_editable_context": (MEMORY, ("model_set_context", "repository", "structured_context")),
}  # of a message's content, by its type
ABOUT = ("about_user_message", "about_model_message")  # of its metadata
TEXTS = ("content", "text", "memory", "value", "about_user_message", "about_model_message", "user_profile", "user_instructions")
LISTS = ("memories", "items", "custom_instructions", "feedback")


def list_asides(message: Message) -> Iterator[MemoryRecord]:
    """List what a message tells the model about the person. Such a message is not shown."""
    content, metadata = message.content, message.metadata
    if isinstance(content, dict) and (known := FIELDS.get(str(content.get("content_type")))):
        yield from make_records(known[0], (content.get(name) for name in known[1]), time_of(message.create_time))
    if metadata and metadata.is_user_system_message is True and isinstance(about := metadata.user_context_message_data, dict):
        yield from make_records(INSTRUCTIONS, (about.get(name) for name in ABOUT), time_of(message.create_time))


def list_memories(value: Any) -> Iterator[MemoryRecord]:
    """List the memories of memory.json."""
    for item in entries_of(value):
        times = item.get("timestamps")
        stamps = times if isinstance(times, dict) else item
        created = time_of(stamps.get("created_at") or stamps.get("created") or stamps.get("create_time"))
        for record in make_records(MEMORY, (item.get(name) for name in TEXTS), created):
            yield MemoryRecord(record.id, record.kind, record.text, created, item.get("enabled") is not False)


def list_instructions(value: Any) -> Iterator[MemoryRecord]:
    """List the texts of custom_instructions.json."""
    for item in entries_of(value):
        yield from make_records(INSTRUCTIONS, (item.get(name) for name in TEXTS), None)


def list_feedback(value: Any) -> Iterator[MemoryRecord]:
    """List the thumbs of message_feedback.json, with what the person wrote to them."""
    for item in entries_of(value):
        fields = {name: item[name] for name in ("rating", "content", "conversation_id", "id") if item.get(name)}
        yield from make_records(
            FEEDBACK, [json.dumps(fields, ensure_ascii=False)] if fields else [], time_of(item.get("create_time"))
        )


def entries_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or of the list that an object holds, or the object. Plain texts count as content."""
    if isinstance(value, dict):
        lists = [value[name] for name in LISTS if isinstance(value.get(name), list)]
        return entries_of(lists[0]) if lists else [value]
    if isinstance(value, list):
        return items_of([{"content": item} if isinstance(item, str) else item for item in value])
    return []


def make_records(kind: str, texts: Any, created_at: float | None) -> Iterator[MemoryRecord]:
    """Make a record of each text that there is."""
    for text in texts:
        if isinstance(text, str) and (stripped := text.strip()[:LONGEST]):
            name = hashlib.blake2b(f"{kind}\0{stripped}".encode(), digest_size=16).hexdigest()
            yield MemoryRecord(name, kind, stripped, created_at)


FILES: dict[str, Callable[[Any], Iterator[MemoryRecord]]] = {
    "memory.json": list_memories,
    "memories.json": list_memories,
    "custom_instructions.json": list_instructions,
    "message_feedback.json": list_feedback,
}
