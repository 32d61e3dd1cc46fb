"""The search index of conversations, in deskhand.db and in archive.db: what is found is what these functions were given.

The caller's transaction holds both the rows and their index. Temporary conversations are not indexed: do not call these for
them. What is changed is unindexed before, and indexed after the change.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from server.integrations.conversations.store.tables import conversation, message
from server.storage.text_index import IndexEntry, TextIndex

MESSAGES, TITLES = TextIndex("chat_message_index"), TextIndex("chat_title_index")
DDL = (*MESSAGES.ddl, *TITLES.ddl)  # statements of the migrations, in both databases
KEYS_AT_ONCE = 500
OF_CONVERSATION = select(message.c.key).where(message.c.conversation == bindparam("which")).order_by(message.c.key)
MESSAGE_ROWS = (
    select(message.c.key, message.c.text, message.c.role, conversation.c.project, conversation.c.source)
    .join(conversation, conversation.c.key == message.c.conversation)
    .where(conversation.c.temporary.is_(False))
    .order_by(message.c.key)
)
OF_KEYS = MESSAGE_ROWS.where(message.c.key.in_(bindparam("keys", expanding=True)))
TITLE_ROWS = (
    select(conversation.c.key, conversation.c.title, conversation.c.project, conversation.c.source)
    .where(conversation.c.temporary.is_(False), conversation.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(conversation.c.key)
)


class MessageEntry(NamedTuple):
    """A message to index, with the project and the source of its conversation."""

    key: int
    text: str
    role: str
    project: str
    source: str


class TitleEntry(NamedTuple):
    """A title to index, by the key of its conversation."""

    key: int
    title: str
    project: str
    source: str


def index_messages(connection: Connection, entries: Iterable[MessageEntry]) -> None:
    """Index messages, sorted by key for the whole transaction: each step back makes FTS5 write out all that it holds."""
    MESSAGES.insert(connection, map(entry_of_message, entries))


def index_titles(connection: Connection, entries: Iterable[TitleEntry]) -> None:
    """Index the titles of conversations."""
    TITLES.insert(connection, map(entry_of_title, entries))


def defer_merging(connection: Connection, *, deferred: bool) -> None:
    """Begin or end leaving apart what each transaction indexes, which `merge` merges later."""
    for index in (MESSAGES, TITLES):
        index.defer_merging(connection, deferred=deferred)


def merge(connection: Connection) -> bool:
    """Merge some of what was indexed apart. Return whether there was any."""
    return MESSAGES.merge(connection) or TITLES.merge(connection)


def unindex_messages(connection: Connection, keys: Iterable[int]) -> None:
    """Remove messages from the index, while their rows and the conversation's are still as they were indexed."""
    for some in split(keys):
        MESSAGES.delete(connection, [entry_of_message(MessageEntry(*row)) for row in connection.execute(OF_KEYS, {"keys": some})])


def unindex_titles(connection: Connection, keys: Iterable[int]) -> None:
    """Remove titles from the index, by the keys of conversations whose rows are still as they were indexed."""
    for some in split(keys):
        TITLES.delete(connection, [entry_of_title(TitleEntry(*row)) for row in connection.execute(TITLE_ROWS, {"keys": some})])


def index_stored_messages(connection: Connection, keys: Iterable[int]) -> None:
    """Index messages as they are stored."""
    for some in split(keys):
        index_messages(connection, [MessageEntry(*row) for row in connection.execute(OF_KEYS, {"keys": some})])


def index_stored_titles(connection: Connection, keys: Iterable[int]) -> None:
    """Index the titles of conversations as they are stored."""
    for some in split(keys):
        index_titles(connection, [TitleEntry(*row) for row in connection.execute(TITLE_ROWS, {"keys": some})])


def rebuild(connection: Connection) -> None:
    """Index all that is stored anew, when `to_indexed` has changed: nothing that it wrote before can be removed after that."""
    MESSAGES.clear(connection)
    TITLES.clear(connection)
    index_stored_titles(connection, connection.execute(select(conversation.c.key)).scalars())
    index_stored_messages(connection, connection.execute(select(message.c.key)).scalars())


def index_conversation(connection: Connection, key: int) -> None:
    """Index a conversation as it is stored, title and messages."""
    index_stored_titles(connection, (key,))
    index_stored_messages(connection, read_keys(connection, key))


def unindex_conversation(connection: Connection, key: int) -> None:
    """Remove a conversation from the index, before it is changed or deleted."""
    unindex_titles(connection, (key,))
    unindex_messages(connection, read_keys(connection, key))


def read_keys(connection: Connection, conversation_key: int) -> list[int]:
    """Read the keys of a conversation's messages."""
    return list(connection.execute(OF_CONVERSATION, {"which": conversation_key}).scalars())


def split(keys: Iterable[int]) -> Iterable[list[int]]:
    """Split keys, sorted, into lists that one statement takes."""
    ordered = sorted(keys)
    return (ordered[start : start + KEYS_AT_ONCE] for start in range(0, len(ordered), KEYS_AT_ONCE))


def entry_of_message(entry: MessageEntry) -> IndexEntry:
    """Make the index entry of a message."""
    return IndexEntry(entry.key, entry.text, message_tags(entry.role, entry.project, entry.source))


@lru_cache(maxsize=1_000)  # of a few roles, sources and projects for many messages
def message_tags(role: str, project: str, source: str) -> str:
    """Make the words of a message's role, project and source."""
    return f"{role_tag(role)} {project_tag(project)} {source_tag(source)}"


def entry_of_title(entry: TitleEntry) -> IndexEntry:
    """Make the index entry of a title."""
    return IndexEntry(entry.key, entry.title, f"{project_tag(entry.project)} {source_tag(entry.source)}")


def role_tag(role: str) -> str:
    """Make the word of a role."""
    return f"r{role}"


def project_tag(project: str) -> str:
    """Make the word of a project, of its id; `p` is that of none."""
    return f"p{project.encode().hex()}"


def source_tag(source: str) -> str:
    """Make the word of a source."""
    return f"s{source}"
