"""The history as chatgpt.com's own page reads it: a list of chats, and a chat in the export's form."""

from datetime import UTC, datetime
from typing import Any

from server.integrations.queue.fake.account import Chat, Message


def describe_item(chat: Chat) -> dict[str, Any]:
    """Describe a chat in the list."""
    times = {"create_time": write_time(chat.created), "update_time": write_time(chat.updated)}
    return {
        "id": chat.chat_id,
        "title": chat.title or "New chat",
        **times,
        "gizmo_id": chat.project or None,
        "is_archived": False,
    }


def describe_chat(chat: Chat) -> dict[str, Any]:
    """Describe a chat as a tree of messages."""
    ids = ["client-created-root", *(message.message_id for message in chat.messages)]
    mapping: dict[str, Any] = {}
    for index, node in enumerate(ids):
        mapping[node] = {
            "id": node,
            "message": describe_message(chat.messages[index - 1]) if index else None,
            "parent": ids[index - 1] if index else None,
            "children": ids[index + 1 : index + 2],
        }
    times = {"create_time": chat.created, "update_time": chat.updated}
    identity = {"id": chat.chat_id, "conversation_id": chat.chat_id, "title": chat.title or "New chat"}
    return {**identity, **times, "mapping": mapping, "current_node": ids[-1], "gizmo_id": chat.project or None}


def describe_message(message: Message) -> dict[str, Any]:
    """Describe a message."""
    return {
        "id": message.message_id,
        "author": {"role": message.role, "name": None, "metadata": {}},
        "create_time": message.created,
        "content": {"content_type": "text", "parts": [message.text]},
        "status": "finished_successfully",
        "end_turn": message.role == "assistant",
        "weight": 1.0,
        "metadata": {"model_slug": message.model} if message.model else {},
        "recipient": "all",
    }


def write_time(moment: float) -> str:
    """Write a time as the list has it."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
