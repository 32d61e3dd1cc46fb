"""Rows of live conversations."""

import pytest

from server.core.errors import NotFound
from server.integrations.conversations.live.models import NewChat, NewMessage
from server.integrations.conversations.models import Role
from server.integrations.conversations.store import live as store

pytestmark = pytest.mark.anyio


def add(connection, *messages: tuple[str, str], chat_id: str = "c1"):
    """Store a conversation whose messages have these ids and parents."""
    key = store.create(connection, NewChat(id=chat_id, project="1", created_at=1000.0))
    chat = store.require(connection, key)
    for number, (message_id, parent) in enumerate(messages):
        new = NewMessage(id=message_id, parent=parent, role=Role.user, text=message_id.upper(), created_at=1000.0 + number)
        store.add_message(connection, chat, new)
    return chat


async def read_path(live, chat, leaf: str) -> list[str]:
    return [message.id for message in await live.context.database.read(store.read_path, chat.key, leaf)]


async def test_path_leads_from_the_first_message_to_the_leaf_of_a_branch(live) -> None:
    chat = await live.context.database.write(add, ("a", ""), ("b", "a"), ("c", "b"), ("x", "a"))
    assert await read_path(live, chat, "c") == ["a", "b", "c"]
    assert await read_path(live, chat, "x") == ["a", "x"]
    assert await read_path(live, chat, "unknown") == []


async def test_path_in_a_circle_has_each_message_once(live) -> None:
    """Else it is sent, and paid for, thousands of times."""
    chat = await live.context.database.write(add, ("a", "b"), ("b", "a"), ("c", "missing"), ("d", "d"))
    for leaf, path in (("c", ["c"]), ("a", ["b", "a"]), ("b", ["a", "b"]), ("d", ["d"])):
        assert await read_path(live, chat, leaf) == path


async def test_messages_are_counted_and_the_time_never_goes_back(live) -> None:
    chat = await live.context.database.write(add, ("a", ""), ("b", "a"))
    current = await live.chats.find("c1")
    assert (current.message_count, current.updated_at) == (2, 1001.0)
    old = NewMessage(id="z", parent="b", role=Role.user, text="old", created_at=5.0)
    await live.context.database.write(store.add_message, chat, old)
    assert (await live.chats.find("c1")).updated_at == 1001.0


async def test_conversation_is_found_by_either_id(live) -> None:
    chat = await live.context.database.write(add)
    await live.context.database.write(store.set_thread, chat.key, "conv_1", "")
    for chat_id in ("c1", "conv_1"):
        assert (await live.chats.find(chat_id)).key == chat.key
    for chat_id in ("", "conv_2", "?"):
        with pytest.raises(NotFound):
            await live.chats.find(chat_id)
    assert await live.context.database.read(store.read, 999) is None
