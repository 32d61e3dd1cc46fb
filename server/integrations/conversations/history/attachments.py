"""Attachments of an export: each found by its id under whatever name, and stored by its content."""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import IO, Any, Protocol
from zipfile import BadZipFile

from server.core.errors import TooLarge
from server.integrations.conversations.history.decode import title_of
from server.integrations.conversations.history.pointers import key_of, keys_of_name, rest_of_name
from server.integrations.conversations.history.records import AssetRecord
from server.integrations.conversations.history.sources import Member

NAMES_FILE = "conversation_asset_file_names.json"
LARGEST_NAMES = 64 * 1024 * 1024  # bytes of that file
BROKEN = (BadZipFile, zlib.error, EOFError, TooLarge)


class Stored(Protocol):
    """A stored file."""

    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def content_type(self) -> str: ...


class Files(Protocol):
    """The folder that files are stored in; `assets.AssetFiles` is the real one."""

    def add(self, source: IO[bytes]) -> Stored:
        """Store what a stream has."""


class Attachments:
    """The files of an export. `missing`: ids that it lacks; `broken`: files that could not be read."""

    def __init__(self, members: Iterable[Member], names: Member | None, files: Files | None) -> None:
        self._files = files
        self._members: dict[str, Member] = {}
        self._stored: dict[str, Stored | None] = {}
        self.missing: set[str] = set()
        self.broken: set[str] = set()
        for member in members:
            for key in keys_of_name(member.name):
                self._members.setdefault(key, member)
        self._names = dict(read_names(names)) if names else {}

    def find(self, asset_id: str, name: str) -> AssetRecord:
        """Find a file, and store it."""
        key = key_of(asset_id)
        member = self._members.get(key) or (self._members.get(name) if name else None)
        label = self._names.get(key) or name or (rest_of_name(member.name) if member else "") or asset_id
        stored = self._store(member) if member and self._files else None
        if stored is None:
            if member is None:
                self.missing.add(key)
            return AssetRecord(asset_id, label)
        return AssetRecord(asset_id, label, stored.content_type, stored.size, stored.sha256)

    def _store(self, member: Member) -> Stored | None:
        if member.name not in self._stored and self._files:
            try:
                with member.open() as stream:
                    self._stored[member.name] = self._files.add(stream)
            except BROKEN:
                self._stored[member.name] = None
                self.broken.add(member.name)
        return self._stored[member.name]


def read_names(member: Member) -> Iterable[tuple[str, str]]:
    """Read the names that the person's files had: by the file's name or id, possibly with a folder before."""
    with member.open() as stream:
        data = stream.read(LARGEST_NAMES)
    try:
        value = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return
    for key, about in value.items() if isinstance(value, dict) else ():
        name = find_name(about)
        if name:
            for each in keys_of_name(key):
                yield key_of(each), name


def find_name(about: Any) -> str:
    """Return the last part of a name, which may be the value or in it."""
    if isinstance(about, Mapping):
        about = about.get("name") or about.get("file_name") or about.get("original_name")
    return title_of(about.replace("\\", "/").rsplit("/", 1)[-1]) if isinstance(about, str) else ""
