"""Conversations that were delivered and imported, too: the imported one is shown, with the delivered messages that it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.core.errors import Unavailable
from server.integrations.conversations.library.models import ChatFilter
from server.integrations.conversations.models import Details, Kind, Source
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row
from server.storage.database import Database

MOST_MESSAGES = 2_000  # of a delivered conversation that are compared


@dataclass(frozen=True)
class Merged:
    """A conversation that was delivered and imported: the imported row, and the delivered messages that it lacks."""

    imported: Row
    lacking: list[dict[str, Any]]

    @property
    def key(self) -> int:
        """The key in the archive."""
        return int(self.imported["key"])

    @property
    def current(self) -> str:
        """The id of the message whose path is shown first."""
        return find_current(self.imported, self.lacking)


async def find_imported(archive: Database, row: Row) -> Row | None:
    """Find the imported conversation with the id of a delivered one; None if there is none, or the archive cannot be used."""
    if row["source"] != Source.webhook:
        return None
    try:
        return await archive.read(reading.find_chat, row["id"], live_too=False)
    except Unavailable:
        return None


async def list_hidden(live: Database, archive: Database, chats: ChatFilter) -> list[str]:
    """List the ids of delivered conversations that an imported one is shown for. Raises Unavailable."""
    ids = await live.read(reading.list_delivered, chats)
    return await archive.read(reading.list_present, ids) if ids else []


async def read_lacking(live: Database, archive: Database, key: int, imported: Row) -> list[dict[str, Any]]:
    """Read the delivered messages that the imported conversation lacks, by id and by text, placed in its tree.

    `key`: of the delivered conversation. Messages of a person or a client who went on with it here are among them.
    """
    rows = await live.read(reading.read_messages, key, 0, MOST_MESSAGES)
    questions = await live.read(reading.read_questions, key)
    same = await archive.read(reading.match_messages, imported["key"], rows, {*questions, *questions.values()})
    lacking = [dict(row) for row in rows if row["id"] not in same]
    follows = {row["id"]: Details.model_validate_json(row["details"]).follows for row in lacking if row["details"]}
    known = {row["id"] for row in await archive.read(reading.read_some, imported["key"], list(follows.values()))}
    placed = {row["id"] for row in lacking}
    for row in lacking:
        parent = row["parent"] if row["parent"] in placed else questions.get(row["parent"], row["parent"])
        if (imported_id := follows.get(row["id"])) in known:
            row["parent"] = imported_id
        else:
            row["parent"] = parent if parent in placed else same.get(parent, imported["current_message"])
    return lacking


def find_current(imported: Row, lacking: Sequence[Row]) -> str:
    """Find the message of a merged conversation whose path is shown first."""
    last = lacking[-1] if lacking else None
    is_newer = last and (last["created_at"] or 0) >= (imported["updated_at"] or 0)
    return str(last["id"] if last and is_newer else imported["current_message"])


async def find_merged(live: Database, archive: Database, row: Row) -> Merged | None:
    """Find the conversation that a delivered one is shown as; None if it was not imported, or was not delivered."""
    imported = await find_imported(archive, row)
    return Merged(imported, await read_lacking(live, archive, row["key"], imported)) if imported else None


async def read_path(archive: Database, merged: Merged, leaf: str = "") -> list[Row]:
    """Read the messages from the first one to `leaf`, by default the one that is shown first; thoughts are left out.

    Empty if there is no such message.
    """
    more = {str(row["id"]): row for row in merged.lacking}
    parents = await archive.read(reading.read_nodes, merged.key) | {name: row["parent"] for name, row in more.items()}
    ids = climb(parents, leaf or merged.current)
    stored = {str(row["id"]): row for row in await archive.read(reading.read_some, merged.key, ids)} | more
    return [stored[each] for each in ids if each in stored and stored[each]["kind"] != Kind.thoughts]


def climb(nodes: Mapping[str, str], leaf: str) -> list[str]:
    """List the messages from the first one to a leaf. A cycle in damaged data ends it."""
    path: dict[str, None] = {}
    while leaf in nodes and leaf not in path:
        path[leaf] = None
        leaf = nodes[leaf]
    return list(path)[::-1]


async def list_shown(live: Database, archive: Database, ids: Sequence[str]) -> dict[str, set[str]]:
    """List the messages of delivered conversations that are shown in imported ones; others of these ids are left out."""
    shown: dict[str, set[str]] = {}
    for chat_id in await archive.read(reading.list_present, ids):
        row = await live.read(reading.find_chat, chat_id, live_too=True)
        imported = await archive.read(reading.find_chat, chat_id, live_too=False)
        if row and imported:
            shown[chat_id] = {each["id"] for each in await read_lacking(live, archive, row["key"], imported)}
    return shown
