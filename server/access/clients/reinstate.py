"""Undo of a revocation: for a minute with the keys and sign-ins that ended with it, or of one by a restored backup."""

from datetime import timedelta

from sqlalchemy import Connection, select, update

from server.access.clients.client import Client
from server.access.clients.store import NAMED
from server.access.tables import api_key, client, oauth_client, oauth_grant
from server.core.errors import Conflict, NotFound

UNDO_TIME = timedelta(minutes=1)


def reinstate_client(connection: Connection, name: str, earliest: str, now: str) -> str:
    """Reinstate the client of this name that was revoked last, not before `earliest`. Answers its id.

    One that was revoked after `now` comes from a forged backup, and would go before the person's own. What ended by itself
    before, such as an earlier key, stays ended; so do the allowances. Raises NotFound and Conflict.
    """
    revoked = select(client.c.id, client.c.revoked_at).where(client.c.name == name, client.c.revoked_at.between(earliest, now))
    row = connection.execute(revoked.order_by(client.c.revoked_at.desc())).first()
    if row is None:
        raise NotFound("A revoked client can be brought back for a minute only. Make a new one.")
    if connection.execute(NAMED, {"name": name}).first():
        raise Conflict(f"There is a new client named {name!r} already.")
    client_id, at = row
    connection.execute(update(client).where(client.c.id == client_id).values(revoked_at=None))
    for table in (api_key, oauth_client):
        connection.execute(update(table).where(table.c.client_id == client_id, table.c.revoked_at == at).values(revoked_at=None))
    grants = update(oauth_grant).where(oauth_grant.c.client_id == client_id, oauth_grant.c.ended_at == at)
    connection.execute(grants.values(ended_at=None, reason=None))
    return str(client_id)


def reinstate_restored(connection: Connection, revoked: Client) -> None:
    """Make a client that a restore revoked valid again, with its key. Raises Conflict if its name is in use."""
    if connection.execute(NAMED, {"name": revoked.name}).first():
        raise Conflict(f"There is a client named {revoked.name!r} already. Revoke that one first.")
    connection.execute(update(client).where(client.c.id == revoked.id).values(revoked_at=None))
    key = api_key.c.client_id == revoked.id, api_key.c.hash == revoked.key_hash
    connection.execute(update(api_key).where(*key).values(revoked_at=None))
