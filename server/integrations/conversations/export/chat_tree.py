"""Live conversations as the tree of messages that ChatGPT's export has."""

from collections.abc import AsyncIterator
from typing import Any

from server.integrations.conversations.export.contents import read_pages
from server.integrations.conversations.export.json_form import dump
from server.integrations.conversations.library.library import FoundChat, read_details
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row

PROJECT = "g-p-"  # begins the ids of ChatGPT's projects


async def write_tree(chat: FoundChat) -> AsyncIterator[str]:
    """Write a conversation that was not imported."""
    row, before = chat.row, ""
    about: dict[str, Any] = {
        "id": row["id"],
        "conversation_id": row["id"],
        "title": row["title"],
        "create_time": row["created_at"],
        "update_time": row["updated_at"],
        "default_model_slug": row["model"],
        "is_starred": bool(row["starred"]),
        "is_archived": bool(row["archived"]),
        "current_node": row["current_message"],
    }
    if row["project"].startswith(PROJECT):
        about["conversation_template_id"] = row["project"]
    yield dump(about)[:-1] + ', "mapping": {'
    nodes = await chat.database.read(reading.read_nodes, chat.key)
    children: dict[str, list[str]] = {}
    for message_id, parent in nodes.items():
        children.setdefault(parent, []).append(message_id)
    async for rows in read_pages(chat):
        yield before + ",\n".join(f"{dump(item['id'])}: {dump(make_node(item, children.get(item['id'], [])))}" for item in rows)
        before = ",\n"
    yield "}}"


def make_node(row: Row, children: list[str]) -> dict[str, Any]:
    """Make the node of a message."""
    details = read_details(row["details"])
    metadata: dict[str, Any] = {"model_slug": row["model"]} if row["model"] else {}
    if details.attachments:
        metadata["attachments"] = [{"id": item.id, "name": item.name} for item in details.attachments]
    message = {
        "id": row["id"],
        "author": {"role": row["role"], "name": details.name or None},
        "create_time": row["created_at"],
        "content": {"content_type": "text", "parts": [row["text"]]},
        "metadata": metadata,
        "recipient": "all",
    }
    return {"id": row["id"], "message": message, "parent": row["parent"] or None, "children": children}
