"""The full-text index of conversations. Each function is a part of the transaction that changes them."""

from sqlalchemy import Connection, Integer, bindparam, column, delete, insert, select, table

from server.integrations.omi.store.tables import conversation, text
from server.storage.text_index import IndexEntry, TextIndex

INDEX = TextIndex("omi_text_index", holds_text=True)
TAG = "omi"  # every row has it
AT_ONCE = 20  # conversations that are indexed in one transaction

index_row = table(INDEX.name, column("rowid", Integer))

IS_INDEXED = (conversation.c.uid == text.c.uid) & (conversation.c.id == text.c.id)
IS_THERE = select(conversation.c.id).where(IS_INDEXED, conversation.c.deleted_at.is_(None)).exists()
FIND = select(text.c.key).where(text.c.uid == bindparam("of"), text.c.id == bindparam("which"))
ADD = insert(text).returning(text.c.key)
UNINDEX = delete(index_row).where(index_row.c.rowid == bindparam("key"))
UNINDEX_GONE = delete(index_row).where(index_row.c.rowid.in_(select(text.c.key).where(~IS_THERE)))
REMOVE_GONE = delete(text).where(~IS_THERE)
MISSING = (
    select(conversation.c.uid, conversation.c.id, conversation.c.words)
    .where(conversation.c.deleted_at.is_(None), ~select(text.c.key).where(IS_INDEXED).exists())
    .limit(AT_ONCE)
)


def index(connection: Connection, uid: str, conversation_id: str, words: str) -> None:
    """Index a conversation, or what it has become."""
    key = connection.execute(FIND, {"of": uid, "which": conversation_id}).scalar_one_or_none()
    if key is None:
        key = connection.execute(ADD, {"uid": uid, "id": conversation_id}).scalar_one()
    else:
        connection.execute(UNINDEX, {"key": key})
    INDEX.insert(connection, [IndexEntry(key, words, TAG)])


def unindex_gone(connection: Connection) -> None:
    """Remove what is not here any more from the index."""
    connection.execute(UNINDEX_GONE)
    connection.execute(REMOVE_GONE)


def index_missing(connection: Connection) -> bool:
    """Index some of the conversations that are not. Returns whether there may be more."""
    rows = connection.execute(MISSING).all()
    for row in rows:
        index(connection, row.uid, row.id, row.words)
    return len(rows) == AT_ONCE
