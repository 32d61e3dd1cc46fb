"""Reading of an export: its files by what they are, and each entry by itself."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zipfile import BadZipFile

from server.integrations.conversations.history import asides
from server.integrations.conversations.history.attachments import NAMES_FILE
from server.integrations.conversations.history.citations import items_of
from server.integrations.conversations.history.decode import Unreadable, is_conversation, load, text_of, title_of
from server.integrations.conversations.history.providers import recognize
from server.integrations.conversations.history.records import FailedRecord, MemoryRecord, ProjectRecord
from server.integrations.conversations.history.sources import Member
from server.integrations.conversations.history.splitter import Piece, Splitter

SHARD = re.compile(r"conversations\b.*\.json|group_chats\.json")
PROJECT_FILES = {"projects.json", "gizmos.json"}
SETTINGS = {"export_manifest.json", "conversations.json.index", "user.json", "user_settings.json", "chat.html", "readme.txt"}
EMPTY = 4  # bytes: [], {} or null
LARGEST_ASIDE = 64 * 1024 * 1024  # bytes
HEAD_FIELD = r'"{}"\s*:\s*"((?:[^"\\]|\\.){{0,1000}})"'
REASONS = {
    "too large": "It is larger than 32 MB.",
    "damaged": "It is damaged: it is not valid JSON.",
    "cut off": "The file ends in the middle of it. Download the export again.",
}
BROKEN_FILE = "{name} is damaged from here on. Download the export again."
UNREADABLE = (BadZipFile, zlib.error, EOFError, OSError)


@dataclass
class Contents:
    """The files of an export by what they are. `other`: names of files that are not imported."""

    shards: list[Member] = field(default_factory=list)
    asides: list[Member] = field(default_factory=list)
    projects: list[Member] = field(default_factory=list)
    names: Member | None = None
    files: list[Member] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all conversations."""
        return sum(member.size for member in self.shards)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a file of conversations. `done`: bytes read of all files. `failure`: why there is none."""

    position: int
    done: int
    data: bytes = b""
    failure: str = ""


def sort_members(members: list[Member]) -> Contents:
    """Sort files by what they are. A file by itself is one of conversations, whatever its name."""
    if len(members) == 1:
        return Contents(shards=members)
    contents, unknown = Contents(), list[Member]()
    for member in members:
        sort_member(member, contents, unknown)
    if contents.shards:
        contents.other = sorted({member.base for member in unknown if member.size > EMPTY})
    else:
        contents.shards = unknown
    contents.shards.sort(key=lambda member: (member.base.lower().startswith("group"), natural_key(member.name)))
    return contents


def sort_member(member: Member, contents: Contents, unknown: list[Member]) -> None:
    """Put a file where it belongs."""
    base = member.base.lower()
    if SHARD.fullmatch(base):
        contents.shards.append(member)
    elif base == NAMES_FILE:
        contents.names = member
    elif base in asides.FILES:
        contents.asides.append(member)
    elif base in PROJECT_FILES:
        contents.projects.append(member)
    elif base not in SETTINGS:
        (unknown if base.endswith(".json") else contents.files).append(member)


def natural_key(name: str) -> list[tuple[int, str]]:
    """Make a key that sorts numbers in names by their value."""
    return [(int(part), "") if part.isdigit() and len(part) < 10 else (-1, part) for part in re.split(r"(\d+)", name) if part]


class Entries:
    """Iterates over all entries of an export. `providers`: other programs whose exports were met, by file."""

    def __init__(self, shards: list[Member]) -> None:
        self._shards = shards
        self.providers: dict[str, str] = {}
        self.current = ""
        self._is_abandoned = False

    def __iter__(self) -> Iterator[Entry]:
        position = done = 0
        for shard in self._shards:
            self.current, self._is_abandoned = shard.name, False
            try:
                with shard.open() as stream:
                    for piece in Splitter(stream.read, is_conversation):
                        if self._is_abandoned:
                            break
                        if piece.data.strip(b"{}[]:, \t\r\n") or piece.data.startswith(b"{"):
                            position += 1
                            yield make_entry(piece, position, done)
            except UNREADABLE:
                position += 1
                yield Entry(position, done, failure=BROKEN_FILE.format(name=shard.base))
            done += shard.size

    def abandon(self, provider: str) -> None:
        """Leave the rest of the current file unread: another program wrote it."""
        self.providers[self.current] = provider
        self._is_abandoned = True


def make_entry(piece: Piece, position: int, done: int) -> Entry:
    """Make the entry of a piece."""
    return Entry(position, done + piece.end, piece.data, REASONS[piece.problem] if piece.problem else "")


def describe_failure(entry: Entry, reason: str) -> FailedRecord:
    """Name an entry that could not be read, as far as its beginning says."""
    head = entry.data[:16_384].decode("utf-8", "replace").partition('"mapping"')[0]  # nodes have ids too

    def find(name: str) -> str:
        match = re.search(HEAD_FIELD.format(name), head)
        if match is None:
            return ""
        try:
            return title_of(load(f'"{match[1]}"'.encode()))
        except Unreadable:
            return title_of(match[1])

    return FailedRecord(find("conversation_id") or find("id"), find("title"), reason, entry.position)


def explain_missing(data: bytes) -> tuple[str, ProjectRecord | None]:
    """Explain an entry without a tree: the program that wrote it, or the project that it describes. Raises Unreadable."""
    value = load(data)
    provider = recognize(value)
    if provider or not isinstance(value, dict):
        return provider, None
    return "", read_project(value)


def read_project(value: Any) -> ProjectRecord | None:
    """Read the name of a project; newer exports list some beside the conversations."""
    about = value.get("gizmo") if isinstance(value.get("gizmo"), dict) else value
    display = about.get("display")
    name = (
        title_of(about.get("name"))
        or title_of(about.get("title"))
        or title_of(display.get("name") if isinstance(display, dict) else "")
    )
    project_id = text_of(about.get("id")) or text_of(about.get("project_id")) or text_of(about.get("gizmo_id"))
    return ProjectRecord(project_id, name) if project_id.startswith("g-p-") and name else None


def read_projects(member: Member) -> Iterator[ProjectRecord]:
    """Read the names of projects from a file of its own."""
    value = read_json(member)
    lists = [value, *(value.values() if isinstance(value, dict) else ())]
    for each in lists:
        yield from (record for item in items_of(each) if (record := read_project(item)))


def read_asides(member: Member) -> Iterator[MemoryRecord]:
    """Read memories, custom instructions or feedback."""
    read: Callable[[Any], Iterator[MemoryRecord]] = asides.FILES[member.base.lower()]
    return read(read_json(member))


def read_json(member: Member) -> Any:
    """Read a small file; None if it is damaged."""
    try:
        with member.open() as stream:
            return load(stream.read(LARGEST_ASIDE).removeprefix(b"\xef\xbb\xbf"))
    except (Unreadable, json.JSONDecodeError, *UNREADABLE):
        return None
