"""Decoding of one conversation of an export: fast if it is as usual, and tolerant of everything else."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

LATEST = 7_258_118_400  # seconds since 1970: the year 2200; later numbers are milliseconds
LONGEST_ID = 200  # characters
LONGEST_TITLE = 1_000
PROJECT = "g-p-"  # begins the ids of projects; those of GPTs are alike
SETTINGS = ("title", "project", "starred")  # that the person can change in Deskhand, too
NULL = b"\\u0000"  # as JSON has it


class Unreadable(ValueError):
    """The text is no conversation. Its message is a sentence for the person."""


class Author(msgspec.Struct, gc=False):
    """The author of a message."""

    role: Any = None
    name: Any = None


class Metadata(msgspec.Struct, gc=False):
    """The fields of a message's metadata that are read."""

    is_visually_hidden_from_conversation: Any = None
    is_user_system_message: Any = None
    user_context_message_data: Any = None
    model_slug: Any = None
    attachments: Any = None
    citations: Any = None
    content_references: Any = None
    search_result_groups: Any = None
    chatgpt_sdk: Any = None
    tool_response_metadata: Any = None
    venus_widget_state: Any = None
    is_async_task_result_message: Any = None
    aggregate_result: Any = None


class Message(msgspec.Struct, gc=False):
    """A message. Its fields are checked where they are used."""

    id: Any = None
    author: Author | None = None
    create_time: Any = None
    content: Any = None
    metadata: Metadata | None = None
    recipient: Any = None
    weight: Any = None


class Node(msgspec.Struct, gc=False):
    """A node of the tree."""

    message: Message | None = None
    parent: Any = None
    children: Any = None


class Conversation(msgspec.Struct, gc=False):
    """A conversation as it was exported. `mapping` is None in entries that are none, such as folders."""

    id: Any = None
    conversation_id: Any = None
    title: Any = None
    name: Any = None
    create_time: Any = None
    update_time: Any = None
    mapping: dict[str, Node | None] | None = None
    current_node: Any = None
    default_model_slug: Any = None
    gizmo_id: Any = None
    conversation_template_id: Any = None
    is_starred: Any = None
    is_archived: Any = None
    is_do_not_remember: Any = None
    is_temporary_chat: Any = None
    inserted_at: Any = None  # of DeepSeek's, which are alike

    @property
    def key(self) -> str:
        """The id, under either name."""
        return text_of(self.conversation_id) or text_of(self.id)

    @property
    def template(self) -> str:
        """Id of its project or GPT."""
        return text_of(self.gizmo_id) or text_of(self.conversation_template_id)

    @property
    def project(self) -> str:
        """Id of its project."""
        return self.template if self.template.startswith(PROJECT) else ""

    @property
    def settings(self) -> dict[str, Any]:
        """Values of SETTINGS."""
        return dict(zip(SETTINGS, (title_of(self.title), self.project, self.is_starred is True), strict=True))


class Entry(msgspec.Struct, gc=False):
    """The fields of an entry that a preview needs. `mapping`: not decoded."""

    id: Any = None
    conversation_id: Any = None
    title: Any = None
    name: Any = None
    create_time: Any = None
    update_time: Any = None
    mapping: msgspec.Raw = msgspec.Raw(b"")
    gizmo_id: Any = None
    conversation_template_id: Any = None
    inserted_at: Any = None


decode_conversation = msgspec.json.Decoder(Conversation).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def decode(data: bytes) -> Conversation:
    """Decode a conversation. Raises Unreadable."""
    try:
        if NULL not in data:
            return decode_conversation(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    value = load(data)
    if not isinstance(value, dict):
        raise Unreadable("It is not a conversation.")
    mapping = value.get("mapping")
    if not isinstance(mapping, dict | None):
        raise Unreadable("Its list of messages has an unknown form.")
    nodes = None if mapping is None else {str(key): convert_node(node) for key, node in mapping.items()}
    conversation = msgspec.convert({**value, "mapping": None}, Conversation)
    conversation.mapping = nodes
    return conversation


def load(data: bytes) -> Any:
    """Load JSON with NaN, bad bytes, halves of emojis and null characters in it. Raises Unreadable."""
    try:
        value = json.loads(data.decode("utf-8", "replace"), strict=False, parse_constant=lambda _: None, parse_int=to_integer)
        return repair_strings(value)
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    except ValueError:
        raise Unreadable("It is damaged: it is not valid JSON.") from None


def to_integer(digits: str) -> int | float:
    """Read an integer; Python refuses the very long ones, and SQLite those over 64 bits."""
    return int(digits) if len(digits) < 19 else float(digits)


def repair_strings(value: Any) -> Any:
    """Replace halves of emojis and null characters, which databases do not store, in all strings. Raises RecursionError."""
    if isinstance(value, str):
        value = value.replace("\0", "\ufffd")
        return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [repair_strings(item) for item in value]
    if isinstance(value, dict):
        return {repair_strings(key): repair_strings(item) for key, item in value.items()}
    return value


def convert_node(node: Any) -> Node | None:
    """Convert a node; parts of the wrong type are left out."""
    if not isinstance(node, dict):
        return None
    message = node.get("message")
    return Node(convert_message(message) if isinstance(message, dict) else None, node.get("parent"), node.get("children"))


def convert_message(message: Mapping[str, Any]) -> Message:
    """Convert a message; author and metadata of the wrong type are left out."""
    parts = {name: part for name, part in message.items() if name not in {"author", "metadata"}}
    converted = msgspec.convert(parts, Message)
    author, metadata = message.get("author"), message.get("metadata")
    converted.author = msgspec.convert(author, Author) if isinstance(author, dict) else None
    converted.metadata = msgspec.convert(metadata, Metadata) if isinstance(metadata, dict) else None
    return converted


def is_conversation(data: bytes) -> bool:
    """Return whether bytes can be decoded."""
    try:
        decode(data)
    except Unreadable:
        return False
    return True


def text_of(value: Any, longest: int = LONGEST_ID) -> str:
    """Return a short text, empty if it is none."""
    return value.strip()[:longest] if isinstance(value, str) else ""


def title_of(value: Any) -> str:
    """Return a title in one line."""
    return " ".join(value.split())[:LONGEST_TITLE] if isinstance(value, str) else ""


def time_of(value: Any) -> float | None:
    """Read a time: seconds or milliseconds since 1970, as a number or a string, or ISO 8601. None if it is none."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return iso_time(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):  # a union would take ten times as long
        return None
    if not 0 < value < LATEST * 1_000:  # integers of any size are compared; a float cannot hold all
        return None
    seconds = float(value) / 1_000 if value > LATEST else float(value)
    return seconds if seconds < LATEST else None


def iso_time(text: str) -> float | None:
    """Read ISO 8601; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < LATEST else None
