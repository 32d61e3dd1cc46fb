"""Reading of exports in the test's own process."""

import json
from pathlib import Path
from typing import Any

from server.integrations.conversations.history.job import run
from server.integrations.conversations.history.records import AssetRecord, ConversationRecord, EndRecord, Job, MessageRecord


def read_path(path: Path, **options: Any) -> list[Any]:
    """Read an export; return all records."""
    records: list[Any] = []
    files = options.pop("files", None)
    run(Job(str(path), str(path.parent / "scratch"), **options), records.append, files)
    return records


def read_text(folder: Path, data: bytes | str, name: str = "conversations.json", **options: Any) -> list[Any]:
    """Read an export of one file."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_path(path, **options)


def read_items(folder: Path, *items: Any, **options: Any) -> list[Any]:
    """Read an export of a list."""
    return read_text(folder, json.dumps(items), **options)


def conversations(records: list[Any]) -> list[ConversationRecord]:
    """Pick the conversations."""
    return [record for record in records if isinstance(record, ConversationRecord)]


def pick(records: list[Any], kind: type) -> list[Any]:
    """Pick the records of a kind."""
    return [record for record in records if isinstance(record, kind)]


def end(records: list[Any]) -> EndRecord:
    """Return the last record."""
    last = records[-1]
    assert isinstance(last, EndRecord)
    return last


def read_one(folder: Path, item: Any) -> ConversationRecord:
    """Read the only conversation of an export."""
    (record,) = conversations(read_items(folder, item))
    return record


def texts(messages: list[MessageRecord]) -> list[tuple[str, str, str]]:
    """Return role, kind and text of messages."""
    return [(message.role, message.kind, message.text) for message in messages]


def no_file(asset_id: str, name: str) -> AssetRecord:
    """Find no file."""
    return AssetRecord(asset_id, name)
