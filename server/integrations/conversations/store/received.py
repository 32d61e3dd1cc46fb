"""Conversations and messages that others deliver. Each function is a part of its caller's transaction."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.core.errors import Conflict
from server.integrations.conversations.deliveries.models import Delivered, ReceivedConversation, ReceivedMessage
from server.integrations.conversations.live.models import UNKNOWN_LEAF, Chat, NewChat, NewMessage, Project
from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.store import answers, deletion, live, projects
from server.integrations.conversations.store.live_tables import delivery
from server.integrations.conversations.store.live_tables import live as live_table
from server.integrations.conversations.store.row_trees import list_values
from server.integrations.conversations.store.search_index import (
    index_stored_messages,
    index_stored_titles,
    unindex_messages,
    unindex_titles,
)
from server.integrations.conversations.store.tables import conversation, message

NOT_YOURS = "This sender did not deliver that conversation or message, so it cannot change it."
FIND_MESSAGE = select(message.c.key, message.c.text, message.c.details).where(
    message.c.conversation == bindparam("of"), message.c.id == bindparam("which")
)
CHANGE_MESSAGE = update(message).where(message.c.key == bindparam("which")).values(text=bindparam("content"))
CHANGE = update(conversation).where(conversation.c.key == bindparam("of"))
KNOWN = select(delivery.c.digest).where(delivery.c.digest == bindparam("made"))
REMEMBER = insert(delivery)
FORGET = delete(delivery).where(delivery.c.at < bindparam("before"))


def remember_delivery(connection: Connection, digest: str, now: float, seconds: float) -> bool:
    """Remember a delivery while its signature is valid. False: the same one was here before."""
    connection.execute(FORGET, {"before": now - seconds})
    if connection.execute(KNOWN, {"made": digest}).first():
        return False
    connection.execute(REMEMBER, {"digest": digest, "at": now})
    return True


def put_project(connection: Connection, delivered: Delivered, now: float) -> str:
    """Add the project of a delivery, or update one that its sender delivered; return its id, by default of the default one."""
    received = delivered.project
    named = delivered.project_id or projects.DEFAULT
    known = projects.find(connection, named)
    if known is None:
        known = Project(id=named, name=delivered.imported_name or f"Project {named}", created_at=now)
        projects.add(connection, known)
        if not delivered.imported_name:
            projects.set_sender(connection, named, delivered.sender)
    if received and projects.is_delivered_by(connection, named, delivered.sender):
        changes = {"name": received.name, "description": received.description, "starred": received.is_starred}
        given = {name: value for name, value in changes.items() if value is not None}
        projects.change(connection, known.model_copy(update=given))
    return named


def put_conversation(
    connection: Connection, received: ReceivedConversation, delivered: Delivered, now: float
) -> tuple[Chat, bool]:
    """Add or update a conversation; True: it is new. One that is older than what is known changes nothing. Raises Conflict."""
    chat = find_own(connection, received.id, delivered.sender)
    namesake = live.find(connection, received.openai_thread_id or "")
    if namesake and (chat is None or namesake.key != chat.key):
        raise Conflict(NOT_YOURS)
    if chat is None:
        return add(connection, received, delivered.sender, put_project(connection, delivered, now), now), True
    if (chat.updated_at or 0) > received.update_time:
        return chat, False
    moved = put_project(connection, delivered, now) if delivered.project_id else chat.project
    if moved != chat.project:
        projects.move(connection, chat.key, moved)
    unindex_titles(connection, (chat.key,))
    values = {"title": received.title, "model": received.model, "updated_at": received.update_time}
    values |= {"created_at": received.create_time}
    connection.execute(CHANGE.values({name: value for name, value in values.items() if value is not None}), {"of": chat.key})
    index_stored_titles(connection, (chat.key,))
    if received.openai_thread_id:
        live.set_thread(connection, chat.key, received.openai_thread_id, UNKNOWN_LEAF)
    return live.require(connection, chat.key), False


def add(connection: Connection, received: ReceivedConversation, sender: str, project: str, now: float) -> Chat:
    """Add a conversation."""
    new = NewChat(
        id=received.id,
        project=project,
        title=received.title or "",
        model=received.model or "",
        source=Source.webhook,
        client=sender,
        created_at=received.create_time,
        updated_at=received.update_time or now,
        thread_id=received.openai_thread_id or "",
    )
    key = live.create(connection, new)
    live.set_thread_leaf(connection, key)
    return live.require(connection, key)


def put_message(connection: Connection, received: ReceivedMessage, sender: str, now: float) -> tuple[Chat, NewMessage, bool]:
    """Add or update a message; True: it is new. Its conversation may be delivered later. Raises Conflict."""
    chat = find_own(connection, received.conversation_id, sender)
    if chat is None:
        times = {"create_time": received.create_time, "update_time": received.create_time}
        stub = ReceivedConversation.model_validate({"id": received.conversation_id, **times})
        chat = add(connection, stub, sender, projects.DEFAULT, now)
    parent = chat.current_message if received.parent is None else received.parent
    new = NewMessage(
        id=received.id,
        parent=parent,
        role=Role(received.role),
        text=received.text,
        created_at=received.create_time,
        delivered=True,
    )
    row = connection.execute(FIND_MESSAGE, {"of": chat.key, "which": received.id}).first()
    if answers.find(connection, received.id) or (row and not live.read_details(row.details).delivered):
        raise Conflict(NOT_YOURS)
    if row is None:
        live.add_message(connection, chat, new)
        live.show_path(connection, chat, new.id)
    elif row.text != new.text:
        unindex_messages(connection, (row.key,))
        connection.execute(CHANGE_MESSAGE, {"which": row.key, "content": new.text})
        index_stored_messages(connection, (row.key,))
    live.set_thread_leaf(connection, chat.key)
    return chat, new, row is None


def find_own(connection: Connection, chat_id: str, sender: str) -> Chat | None:
    """Find a conversation that this sender delivered. Raises Conflict for another one, also if it can still be restored."""
    chat = live.find(connection, chat_id)
    owners = [(chat.source, chat.client)] if chat else read_former_owners(connection, chat_id)
    if any(owner != (Source.webhook, sender) for owner in owners):
        raise Conflict(NOT_YOURS)
    return chat


def read_former_owners(connection: Connection, chat_id: str) -> list[tuple[Any, Any]]:
    """Read the source and the client of a deleted conversation that can still be restored."""
    tree = deletion.read_deleted(connection, chat_id)
    sources = list_values(tree, conversation.name, conversation.c.source.name)
    return list(zip(sources, list_values(tree, live_table.name, live_table.c.client.name), strict=False))
