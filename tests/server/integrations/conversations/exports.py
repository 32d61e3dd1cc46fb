"""Records of conversations in the archive, as tests of imports compare them."""

import json
from typing import Any

from sqlalchemy import Connection

from server.integrations.conversations.history.build import build
from server.integrations.conversations.history.decode import decode
from server.integrations.conversations.history.records import AssetRecord, ConversationRecord, encoder
from server.integrations.conversations.store import import_runs

TABLES = ("chat_project", "chat_conversation", "chat_message", "chat_asset", "chat_original", "chat_memory")
RUN = {"name": "export.zip", "path": "/export.zip", "state": "running", "job": "import", "created_at": 1.0}


def record(item: Any, position: int = 1, files: dict[str, str] | None = None) -> ConversationRecord:
    """Make the record of a conversation; `files`: digests by id."""
    data = json.dumps(item).encode()
    digests = files or {}
    made, _ = build(decode(data), data, lambda key, name: AssetRecord(key, name or key, "image/png", 9, digests.get(key, "")))
    assert made
    return type(made)(**{name: getattr(made, name) for name in made.__struct_fields__} | {"position": position})


def frames(*records: Any) -> list[bytes]:
    """Encode records as the store gets them."""
    return [encoder.encode([each]) for each in records]


def begin(connection: Connection, **values: Any) -> int:
    """Add a run."""
    return import_runs.create(connection, RUN | values)


def dump(connection: Connection, *without: str) -> dict[str, list[Any]]:
    """Read all that imports store, except some columns."""
    contents = {}
    for table in TABLES:
        rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2").mappings().all()
        contents[table] = [{name: value for name, value in row.items() if name not in without} for row in rows]
    contents["index"] = [tuple(row) for row in connection.exec_driver_sql("SELECT rowid FROM chat_message_index ORDER BY 1")]
    return contents


def find_words(connection: Connection, words: str) -> int:
    """Count the messages that hold words, in the index."""
    statement = "SELECT count(*) FROM chat_message_index WHERE chat_message_index MATCH ?"
    return int(connection.exec_driver_sql(statement, (words,)).scalar_one())
