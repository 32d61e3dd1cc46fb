"""Files of messages, as the rows of both databases name them."""

from sqlalchemy import Connection, bindparam, exists, select

from server.integrations.conversations.models import Frozen
from server.integrations.conversations.store.tables import asset, conversation, deleted_asset

COLUMNS = (asset.c.id, asset.c.name, asset.c.size, asset.c.sha256)
FIND = (
    select(*COLUMNS)
    .join(conversation, conversation.c.key == asset.c.conversation)
    .where(conversation.c.id == bindparam("chat"), asset.c.id == bindparam("which"))
)
USED = select(
    exists().where(asset.c.sha256 == bindparam("digest")) | exists().where(deleted_asset.c.sha256 == bindparam("digest"))
)


class AssetRow(Frozen):
    """A file. `sha256`: names its content; empty if there is none."""

    id: str
    name: str
    size: int
    sha256: str


def find(connection: Connection, chat_id: str, asset_id: str) -> AssetRow | None:
    """Find a file of a conversation."""
    row = connection.execute(FIND, {"chat": chat_id, "which": asset_id}).mappings().first()
    return AssetRow.model_validate(dict(row)) if row else None


def list_used(connection: Connection, digests: list[str]) -> set[str]:
    """Return those of the digests that a conversation refers to, or a deleted one that can be restored."""
    return {digest for digest in digests if connection.execute(USED, {"digest": digest}).scalar_one()}
