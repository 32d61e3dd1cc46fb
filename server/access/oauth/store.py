"""OAuth clients and grants in the database."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from server.access.clients.allowances import end_allowances
from server.access.clients.grants import LIVE_GRANTS, end_oauth_clients, read_rows
from server.access.clients.store import read_live
from server.access.oauth.models import Kind, Registration
from server.access.tables import client, oauth_client, oauth_code, oauth_grant, oauth_token

ADD_REGISTRATION = insert(oauth_client)
ANY_REGISTRATION = select(oauth_client).where(oauth_client.c.id == bindparam("id"))
REGISTRATION = ANY_REGISTRATION.where(oauth_client.c.revoked_at.is_(None))
REGISTRATIONS = select(oauth_client).where(oauth_client.c.client_id.is_not(None), oauth_client.c.revoked_at.is_(None))
UNUSED = (
    select(oauth_client.c.id)
    .where(oauth_client.c.kind == Kind.registered, oauth_client.c.client_id.is_(None))
    .order_by(oauth_client.c.created_at)
)
HELD_GRANTS = LIVE_GRANTS.where(
    select(oauth_token.c.hash)
    .where(oauth_token.c.grant_id == oauth_grant.c.id, oauth_token.c.expires_at > bindparam("now"))
    .exists()
).order_by(oauth_grant.c.created_at)
END_GRANT = (
    update(oauth_grant)
    .where(oauth_grant.c.id == bindparam("grant"), oauth_grant.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), reason=bindparam("why"))
)
NAME_OF = (
    select(client.c.name).join(oauth_grant, oauth_grant.c.client_id == client.c.id).where(oauth_grant.c.id == bindparam("grant"))
)
CLIENT_OF = select(oauth_grant.c.client_id).where(oauth_grant.c.id == bindparam("grant"))
MOVE_REDIRECTS = update(oauth_client).where(oauth_client.c.id == bindparam("of")).values(redirect_uris=bindparam("uris"))


def to_registration(row: Mapping[str, Any]) -> Registration:
    return Registration(
        **{name: row[name] for name in ("id", "name", "secret_hash", "created_at")},
        kind=Kind(row["kind"]),
        redirect_uris=tuple(json.loads(row["redirect_uris"])),
        callbacks=tuple(json.loads(row["callbacks"])),
        client=row["client_id"],
    )


def find_registration(connection: Connection, oauth_id: str, *, revoked: bool = False) -> Registration | None:
    """Find a registration by its client_id. `revoked`: also one that was revoked."""
    rows = read_rows(connection, ANY_REGISTRATION if revoked else REGISTRATION, id=oauth_id)
    return to_registration(rows[0]) if rows else None


def read_registrations(connection: Connection) -> list[Registration]:
    """Read the registrations that the person has let in, oldest first."""
    return [to_registration(row) for row in read_rows(connection, REGISTRATIONS.order_by(oauth_client.c.created_at))]


def add_registration(connection: Connection, new: Registration) -> None:
    """Add a registration, in place of a revoked one with the same id."""
    revoked = select(oauth_client.c.id).where(oauth_client.c.id == new.id, oauth_client.c.revoked_at.is_not(None))
    if connection.execute(revoked).first():
        delete_registrations(connection, [new.id])
    row = {name: getattr(new, name) for name in ("id", "kind", "name", "secret_hash", "created_at")}
    uris = {"redirect_uris": json.dumps(new.redirect_uris), "callbacks": json.dumps(new.callbacks)}
    connection.execute(ADD_REGISTRATION, {**row, **uris, "client_id": new.client, "revoked_at": None})


def delete_registrations(connection: Connection, ids: Collection[str]) -> None:
    """Delete registrations with their grants, codes and tokens."""
    grants = select(oauth_grant.c.id).where(oauth_grant.c.oauth_client_id.in_(ids))
    connection.execute(delete(oauth_token).where(oauth_token.c.grant_id.in_(grants)))
    connection.execute(delete(oauth_code).where(oauth_code.c.grant_id.in_(grants)))
    connection.execute(delete(oauth_grant).where(oauth_grant.c.oauth_client_id.in_(ids)))
    connection.execute(delete(oauth_client).where(oauth_client.c.id.in_(ids)))


def find_own(connection: Connection, client_id: str) -> Registration | None:
    """Find the registration of a client that the person created."""
    owned = (own for own in read_registrations(connection) if own.client == client_id and own.kind is Kind.own)
    return next(owned, None)


def replace_registration(connection: Connection, new: Registration, now: str, *, keep_redirects: bool) -> None:
    """Replace the registration of a client, and end its grants and allowances, in one transaction.

    `keep_redirects`: with the redirect_uris of the former one. Raises NotFound if the client was revoked.
    """
    client_id = new.client or ""
    read_live(connection, client_id)
    if keep_redirects and (former := find_own(connection, client_id)):
        new = replace(new, redirect_uris=former.redirect_uris)
    end_oauth_clients(connection, now, "Its OAuth id and secret were renewed.", [client_id])
    end_allowances(connection, now, [client_id])
    add_registration(connection, new)


def replace_redirects(connection: Connection, client_id: str, uris: Collection[str]) -> bool:
    """Replace the redirect_uris of a client that the person created. Answers False if there is none."""
    own = find_own(connection, client_id)
    if own:
        connection.execute(MOVE_REDIRECTS, {"of": own.id, "uris": json.dumps(uris)})
    return own is not None


def add_unused(connection: Connection, new: Registration, most: int, pending: Collection[str]) -> None:
    """Add a dynamic registration. If there are `most` unused ones, the oldest that are not `pending` are deleted."""
    unused = [row.id for row in connection.execute(UNUSED) if row.id not in pending]
    delete_registrations(connection, unused[: max(0, len(unused) + 1 - most)])
    add_registration(connection, new)


def end_grant(connection: Connection, grant_id: str, now: str, why: str) -> bool:
    """Revoke a grant, and end the allowances of its client. Answers False if it had ended."""
    ended = connection.execute(END_GRANT, {"grant": grant_id, "now": now, "why": why}).rowcount > 0
    if ended:
        end_allowances(connection, now, connection.execute(CLIENT_OF, {"grant": grant_id}).scalars().all())
    return ended


def name_client(connection: Connection, grant: str) -> str:
    """Name of the client of a grant."""
    return str(connection.execute(NAME_OF, {"grant": grant}).scalar_one())


def prune(connection: Connection, now: str, unused_since: str) -> None:
    """Delete expired credentials, ended grants, and registrations that are unused since then."""
    over = select(oauth_grant.c.id).where(oauth_grant.c.ended_at.is_not(None))
    connection.execute(delete(oauth_token).where(or_(oauth_token.c.expires_at <= now, oauth_token.c.grant_id.in_(over))))
    held = select(oauth_token.c.grant_id)
    connection.execute(delete(oauth_code).where(oauth_code.c.expires_at <= now, oauth_code.c.grant_id.not_in(held)))
    codes = select(oauth_code.c.grant_id)
    connection.execute(delete(oauth_grant).where(oauth_grant.c.id.not_in(held), oauth_grant.c.id.not_in(codes)))
    old = [row.id for row in connection.execute(UNUSED.where(oauth_client.c.created_at <= unused_since))]
    delete_registrations(connection, old)
