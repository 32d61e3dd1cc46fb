"""Conversations and messages that others deliver. Each function is a part of its caller's transaction."""

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.core.errors import Conflict
from server.integrations.conversations.deliveries.models import ReceivedConversation, ReceivedMessage, ReceivedProject
from server.integrations.conversations.live.models import UNKNOWN_LEAF, Chat, NewChat, NewMessage, Project
from server.integrations.conversations.models import Role, Source
from server.integrations.conversations.store import live, projects
from server.integrations.conversations.store.live_tables import delivery
from server.integrations.conversations.store.search_index import (
    index_stored_messages,
    index_stored_titles,
    unindex_messages,
    unindex_titles,
)
from server.integrations.conversations.store.tables import conversation, message

NOT_YOURS = "This conversation was not delivered, so a delivery cannot change it."
FIND_MESSAGE = select(message.c.key, message.c.text).where(
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


def put_project(connection: Connection, received: ReceivedProject | None, project_id: str | None, now: float) -> str:
    """Add or update the project of a delivery, and return its id; without any it is the default one."""
    named = (received.id if received else None) or project_id or projects.DEFAULT
    known = projects.find(connection, named)
    if known is None:
        known = Project(id=named, name=f"Project {named}", created_at=now)
        projects.add(connection, known)
    if received:
        changes = {"name": received.name, "description": received.description, "starred": received.is_starred}
        given = {name: value for name, value in changes.items() if value is not None}
        projects.change(connection, known.model_copy(update=given))
    return named


def put_conversation(
    connection: Connection, received: ReceivedConversation, project: ReceivedProject | None, now: float
) -> tuple[Chat, bool]:
    """Add or update a conversation; True: it is new. One that is older than what is known changes nothing. Raises Conflict."""
    chat = find_delivered(connection, received.id)
    if chat is None:
        owner = put_project(connection, project, received.project_id, now)
        return add(connection, received, owner, now), True
    if (chat.updated_at or 0) > received.update_time:
        return chat, False
    moved = put_project(connection, project, received.project_id, now) if project or received.project_id else chat.project
    if moved != chat.project:
        projects.move(connection, chat.key, moved)
    unindex_titles(connection, (chat.key,))
    values = {"title": received.title, "model": received.model, "updated_at": received.update_time}
    values |= {"created_at": received.create_time}
    connection.execute(CHANGE.values({name: value for name, value in values.items() if value is not None}), {"of": chat.key})
    index_stored_titles(connection, (chat.key,))
    if received.openai_thread_id:
        live.set_thread(connection, chat.key, received.openai_thread_id, UNKNOWN_LEAF)
    return require(connection, chat), False


def add(connection: Connection, received: ReceivedConversation, project: str, now: float) -> Chat:
    """Add a conversation."""
    new = NewChat(
        id=received.id,
        project=project,
        title=received.title or "",
        model=received.model or "",
        source=Source.webhook,
        created_at=received.create_time,
        updated_at=received.update_time or now,
        thread_id=received.openai_thread_id or "",
    )
    key = live.create(connection, new)
    live.set_thread_leaf(connection, key)
    return live.require(connection, key)


def put_message(connection: Connection, received: ReceivedMessage, now: float) -> tuple[Chat, NewMessage, bool]:
    """Add or update a message; True: it is new. Its conversation may be delivered later. Raises Conflict."""
    chat = find_delivered(connection, received.conversation_id)
    if chat is None:
        times = {"create_time": received.create_time, "update_time": received.create_time}
        stub = ReceivedConversation.model_validate({"id": received.conversation_id, **times})
        chat = add(connection, stub, put_project(connection, None, None, now), now)
    parent = chat.current_message if received.parent is None else received.parent
    new = NewMessage(id=received.id, parent=parent, role=Role(received.role), text=received.text, created_at=received.create_time)
    row = connection.execute(FIND_MESSAGE, {"of": chat.key, "which": received.id}).first()
    if row is None:
        live.add_message(connection, chat, new)
        live.show_path(connection, chat, new.id)
    elif row.text != new.text:
        unindex_messages(connection, (row.key,))
        connection.execute(CHANGE_MESSAGE, {"which": row.key, "content": new.text})
        index_stored_messages(connection, (row.key,))
    live.set_thread_leaf(connection, chat.key)
    return chat, new, row is None


def find_delivered(connection: Connection, chat_id: str) -> Chat | None:
    """Find a conversation that was delivered. Raises Conflict for another one."""
    chat = live.find(connection, chat_id)
    if chat and chat.source is not Source.webhook:
        raise Conflict(NOT_YOURS)
    return chat


def require(connection: Connection, chat: Chat) -> Chat:
    """Read a conversation again."""
    return live.read(connection, chat.key) or chat
