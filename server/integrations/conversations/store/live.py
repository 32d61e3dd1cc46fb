"""Live conversations and their messages. Each function is a part of its caller's transaction."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, literal, or_, select, update

from server.core.errors import NotFound
from server.integrations.conversations.live.models import UNKNOWN_LEAF, Chat, NewChat, NewMessage, PathMessage
from server.integrations.conversations.models import Details, Kind, Role
from server.integrations.conversations.store import openai_deletions
from server.integrations.conversations.store.live_tables import answer, live
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.message_times import fill_times
from server.integrations.conversations.store.search_index import index_stored_messages, index_stored_titles, unindex_titles
from server.integrations.conversations.store.tables import conversation, message

NO_CHAT = "Conversation not found."
CHAT_COLUMNS = (
    *(conversation.c[name] for name in Chat.model_fields if name in conversation.c),
    live.c.thread_id,
    live.c.thread_leaf,
    live.c.client,
)
CHATS = select(*CHAT_COLUMNS).join(live, live.c.conversation == conversation.c.key)
FIND = CHATS.where(or_(conversation.c.id == bindparam("which"), live.c.thread_id == bindparam("which")))
READ = CHATS.where(conversation.c.key == bindparam("which"))
ADD, ADD_LIVE, ADD_MESSAGE = insert(conversation), insert(live), insert(message)
EXISTS = select(message.c.key).where(message.c.conversation == bindparam("of"), message.c.id == bindparam("which"))
COUNTED = (
    update(conversation)
    .where(conversation.c.key == bindparam("of"))
    .values(
        message_count=conversation.c.message_count + 1,
        updated_at=func.max(func.coalesce(conversation.c.updated_at, 0), bindparam("at")),
    )
)
SHOW = update(conversation).where(conversation.c.key == bindparam("of")).values(current_message=bindparam("leaf"))
SHOW_ANSWER = SHOW.where(conversation.c.current_message == bindparam("before"))
RENAME = update(conversation).where(conversation.c.key == bindparam("of")).values(title=bindparam("called"))
SET_THREAD = (
    update(live).where(live.c.conversation == bindparam("of")).values(thread_id=bindparam("id"), thread_leaf=bindparam("leaf"))
)
SET_LEAF = update(live).where(live.c.conversation == bindparam("of")).values(thread_leaf=bindparam("leaf"))
SET_DIGEST = update(live).where(live.c.conversation == bindparam("of")).values(digest=bindparam("made"))
BY_DIGEST = CHATS.add_columns(live.c.digest).where(
    live.c.client == bindparam("of"), live.c.digest.in_(bindparam("some", expanding=True))
)
DELETE_EXPIRED = delete(conversation).where(conversation.c.temporary, conversation.c.updated_at < bindparam("before"))


def make_path_statement() -> Any:
    """Make the statement of the messages from one of them up to the first, each by the id of its parent, and each once.

    An answer that is open or has failed is no message yet; the way leads through it to the message that it answers.
    """
    nodes = (
        select(message.c.id, message.c.parent)
        .where(message.c.conversation == bindparam("of"))
        .union_all(
            select(answer.c.id, answer.c.message).where(answer.c.conversation == bindparam("of"), answer.c.state != "done")
        )
        .cte("nodes")
    )
    path = select(nodes, literal(0).label("depth")).where(nodes.c.id == bindparam("leaf")).cte("path", recursive=True)
    above = select(nodes, path.c.depth + 1).join(path, nodes.c.id == path.c.parent).where(path.c.depth < LONGEST_PATH)
    path = path.union_all(above)
    places = select(path.c.id, func.min(path.c.depth).label("depth")).group_by(path.c.id).subquery("places")
    return (
        select(message.c.id, message.c.role, message.c.text, message.c.details)
        .join(places, places.c.id == message.c.id)
        .where(message.c.conversation == bindparam("of"))
        .order_by(places.c.depth.desc())
    )


LONGEST_PATH = 20_000  # messages; the parents of delivered messages may be a cycle
PATH = make_path_statement()


def create(connection: Connection, chat: NewChat) -> int:
    """Store a conversation; return its key."""
    values = chat.model_dump(exclude={"client", "thread_id"}) | {"updated_at": chat.updated_at or chat.created_at}
    key = int(connection.execute(ADD, values).lastrowid)
    connection.execute(ADD_LIVE, {"conversation": key, "thread_id": chat.thread_id, "client": chat.client})
    index_stored_titles(connection, (key,))
    return key


def find(connection: Connection, chat_id: str) -> Chat | None:
    """Find a conversation by its own id or by that of its Conversation at OpenAI."""
    row = connection.execute(FIND, {"which": chat_id}).mappings().first() if chat_id else None
    return to_chat(row) if row else None


def require_found(connection: Connection, chat_id: str) -> Chat:
    """Find a conversation. Raises NotFound if there is none, or if it was deleted meanwhile: a new one may have its key."""
    chat = find(connection, chat_id)
    if chat is None:
        raise NotFound(NO_CHAT)
    return chat


def read(connection: Connection, key: int) -> Chat | None:
    """Read a conversation."""
    row = connection.execute(READ, {"which": key}).mappings().first()
    return to_chat(row) if row else None


def require(connection: Connection, key: int) -> Chat:
    """Read a conversation. Raises NotFound if it was deleted meanwhile."""
    chat = read(connection, key)
    if chat is None:
        raise NotFound(NO_CHAT)
    return chat


def to_chat(row: RowMapping) -> Chat:
    """Make the value of a row."""
    return Chat.model_validate(dict(row))


def has_message(connection: Connection, key: int, message_id: str) -> bool:
    """Return whether a conversation has a message."""
    return connection.execute(EXISTS, {"of": key, "which": message_id}).first() is not None


def add_message(connection: Connection, chat: Chat, new: NewMessage) -> None:
    """Store and index a message, and count it."""
    more = Details(attachments=new.attachments, follows=new.follows, delivered=new.delivered)
    key = allocate_keys(connection, fill_times([new.created_at]))[0]
    values = new.model_dump(exclude=set(Details.model_fields)) | {"key": key, "conversation": chat.key, "kind": Kind.text}
    connection.execute(
        ADD_MESSAGE, values | {"details": "" if more == Details() else more.model_dump_json(exclude_defaults=True)}
    )
    connection.execute(COUNTED, {"of": chat.key, "at": new.created_at})
    index_stored_messages(connection, (key,))


def show_path(connection: Connection, chat: Chat, leaf: str) -> None:
    """Make a message the one whose path is shown first."""
    connection.execute(SHOW, {"of": chat.key, "leaf": leaf})


def show_answer(connection: Connection, chat: Chat, question: str, leaf: str) -> None:
    """Do the same with an answer, unless another message than the one that it answers is shown meanwhile."""
    connection.execute(SHOW_ANSWER, {"of": chat.key, "leaf": leaf, "before": question})


def rename(connection: Connection, chat: Chat, title: str) -> None:
    """Give a conversation a title."""
    unindex_titles(connection, (chat.key,))
    connection.execute(RENAME, {"of": chat.key, "called": title})
    index_stored_titles(connection, (chat.key,))


def read_path(connection: Connection, key: int, leaf: str) -> list[PathMessage]:
    """Read the messages from a conversation's beginning to one of its messages."""
    return [to_path_message(dict(row)) for row in connection.execute(PATH, {"of": key, "leaf": leaf}).mappings()]


def digest_delivered(path: Iterable[PathMessage]) -> str:
    """Return the digest of the delivered messages of a path, which their sender may change; empty if there are none."""
    delivered = [(message.id, message.role, message.text) for message in path if message.delivered]
    return hashlib.sha256(json.dumps(delivered).encode()).hexdigest() if delivered else ""


def to_path_message(row: Mapping[str, Any]) -> PathMessage:
    """Make the value of a row."""
    more = read_details(row["details"])
    return PathMessage(
        id=row["id"], role=Role(row["role"]), text=row["text"], attachments=more.attachments, delivered=more.delivered
    )


def read_details(details: str) -> Details:
    """Read the details of a message."""
    return Details.model_validate_json(details) if details else Details()


def set_thread(connection: Connection, key: int, thread_id: str, leaf: str) -> None:
    """Record the Conversation at OpenAI and the last message that it has."""
    connection.execute(SET_THREAD, {"of": key, "id": thread_id, "leaf": leaf})


def claim_thread(connection: Connection, chat_id: str, thread_id: str, leaf: str, now: float) -> str:
    """Record the new Conversation at OpenAI of a chat; return the id of the one that the chat has.

    One that came too late is deleted there: the chat has another one by now, or was deleted.
    """
    chat = find(connection, chat_id)
    if chat is None or chat.thread_id:
        openai_deletions.add(connection, [thread_id], now, now)
        return chat.thread_id if chat else ""
    set_thread(connection, chat.key, thread_id, leaf)
    return thread_id


def set_thread_leaf(connection: Connection, key: int, leaf: str = UNKNOWN_LEAF) -> None:
    """Record the last message that the Conversation at OpenAI has."""
    connection.execute(SET_LEAF, {"of": key, "leaf": leaf})


def set_digest(connection: Connection, key: int, digest: str) -> None:
    """Record the digest of a conversation's turns."""
    connection.execute(SET_DIGEST, {"of": key, "made": digest})


def find_by_digest(connection: Connection, client: str, digests: list[str]) -> tuple[Chat, str] | None:
    """Find a client's conversation by the digest of its turns: of the last one in the list that there is."""
    rows = {row["digest"]: row for row in connection.execute(BY_DIGEST, {"of": client, "some": digests}).mappings()}
    return next(((to_chat(rows[digest]), digest) for digest in reversed(digests) if digest in rows), None)


def delete_expired(connection: Connection, before: float) -> int:
    """Delete temporary conversations in which nothing was said since a time; return how many. They are in no index."""
    return connection.execute(DELETE_EXPIRED, {"before": before}).rowcount
