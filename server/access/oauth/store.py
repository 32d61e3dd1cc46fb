"""What is kept of programs and of what the person let them do: functions for the database's two verbs."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update

from server.access.clients.allowances import end_allowances
from server.access.clients.client import Client
from server.access.clients.store import LIVE_CLIENTS, to_client
from server.access.oauth.models import Grant, Kind, Registration, Token
from server.access.oauth.tables import oauth_client, oauth_code, oauth_grant, oauth_token
from server.access.tables import client

ADD_REGISTRATION = insert(oauth_client)
REGISTRATION = select(oauth_client).where(oauth_client.c.id == bindparam("id"), oauth_client.c.revoked_at.is_(None))
REGISTRATIONS = select(oauth_client).where(oauth_client.c.client_id.is_not(None), oauth_client.c.revoked_at.is_(None))
UNUSED = (
    select(oauth_client.c.id)
    .where(oauth_client.c.kind == Kind.registered, oauth_client.c.client_id.is_(None))
    .order_by(oauth_client.c.created_at)
)
ADD_GRANT = insert(oauth_grant)
LIVE_GRANTS = (
    select(oauth_grant)
    .join(oauth_client, oauth_client.c.id == oauth_grant.c.oauth_client_id)
    .where(oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))
)
HELD_GRANTS = LIVE_GRANTS.where(
    select(oauth_token.c.hash)
    .where(oauth_token.c.grant_id == oauth_grant.c.id, oauth_token.c.expires_at > bindparam("now"))
    .exists()
).order_by(oauth_grant.c.created_at)
LIVE_TOKENS = (
    select(oauth_token, oauth_grant.c.resource)
    .join(oauth_grant, oauth_grant.c.id == oauth_token.c.grant_id)
    .where(oauth_grant.c.ended_at.is_(None), oauth_token.c.kind == "access", oauth_token.c.expires_at > bindparam("now"))
)
END_GRANT = (
    update(oauth_grant)
    .where(oauth_grant.c.id == bindparam("grant"), oauth_grant.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"), reason=bindparam("why"))
)
NAME_OF = (
    select(client.c.name).join(oauth_grant, oauth_grant.c.client_id == client.c.id).where(oauth_grant.c.id == bindparam("grant"))
)
CLIENT_OF = select(oauth_grant.c.client_id).where(oauth_grant.c.id == bindparam("grant"))
END_GRANTS = (
    update(oauth_grant).where(oauth_grant.c.ended_at.is_(None)).values(ended_at=bindparam("now"), reason=bindparam("why"))
)
MOVE_REDIRECTS = update(oauth_client).where(oauth_client.c.id == bindparam("of")).values(redirect_uris=bindparam("uris"))
END_REGISTRATIONS = update(oauth_client).where(oauth_client.c.revoked_at.is_(None)).values(revoked_at=bindparam("now"))


def to_registration(row: Mapping[str, Any]) -> Registration:
    return Registration(
        id=row["id"],
        kind=Kind(row["kind"]),
        name=row["name"],
        redirect_uris=tuple(json.loads(row["redirect_uris"])),
        callbacks=tuple(json.loads(row["callbacks"])),
        secret_hash=row["secret_hash"],
        client=row["client_id"],
        created_at=row["created_at"],
    )


def to_grant(row: Mapping[str, Any]) -> Grant:
    return Grant(
        id=row["id"],
        oauth_client=row["oauth_client_id"],
        client=row["client_id"],
        callback=row["callback"],
        scopes=frozenset(row["scopes"].split()),
        resource=row["resource"],
        address=row["address"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


def read_rows(connection: Connection, statement: Select[Any], **values: Any) -> list[Mapping[str, Any]]:
    return list(connection.execute(statement, values).mappings())  # type: ignore[arg-type]  # RowMapping


def find_registration(connection: Connection, oauth_id: str) -> Registration | None:
    """Find a program by the client_id that it says; None if there is none, or the person has ended it."""
    rows = read_rows(connection, REGISTRATION, id=oauth_id)
    return to_registration(rows[0]) if rows else None


def find_any(connection: Connection, oauth_id: str) -> Registration | None:
    """Find a program by the client_id that it says, one that was ended too."""
    rows = read_rows(connection, select(oauth_client).where(oauth_client.c.id == oauth_id))
    return to_registration(rows[0]) if rows else None


def read_registrations(connection: Connection) -> list[Registration]:
    """Read every program that the person has let in, oldest first."""
    return [to_registration(row) for row in read_rows(connection, REGISTRATIONS.order_by(oauth_client.c.created_at))]


def read_held_grants(connection: Connection, now: str) -> list[Grant]:
    """Read the grants with which somebody can come in, now or after a refresh, oldest first."""
    return [to_grant(row) for row in read_rows(connection, HELD_GRANTS, now=now)]


def read_granted(connection: Connection) -> dict[str, Client]:
    """Read the client of every grant that lives, with what both of them may do, by the grant's id."""
    clients = {row["id"]: to_client(row) for row in read_rows(connection, LIVE_CLIENTS)}
    grants = [to_grant(row) for row in read_rows(connection, LIVE_GRANTS)]
    return {grant.id: clients[grant.client].granted(grant.id, grant.scopes) for grant in grants if grant.client in clients}


def read_open_tokens(connection: Connection, now: str) -> dict[bytes, Token]:
    """Read the access tokens that open, by their hash."""
    rows = read_rows(connection, LIVE_TOKENS, now=now)
    return {
        row["hash"]: Token(row["grant_id"], frozenset(row["scopes"].split()), row["resource"], row["expires_at"]) for row in rows
    }


def change_redirects(connection: Connection, oauth_id: str, uris: Collection[str]) -> None:
    """Say where a program may be answered from now on."""
    connection.execute(MOVE_REDIRECTS, {"of": oauth_id, "uris": json.dumps(list(uris))})


def add_registration(connection: Connection, made: Registration) -> None:
    """Add a program. One that had this id, and was ended, gives way."""
    gone = select(oauth_client.c.id).where(oauth_client.c.id == made.id, oauth_client.c.revoked_at.is_not(None))
    if connection.execute(gone).first():
        forget_registrations(connection, [made.id])
    connection.execute(
        ADD_REGISTRATION,
        {
            "id": made.id,
            "kind": made.kind,
            "client_id": made.client,
            "name": made.name,
            "secret_hash": made.secret_hash,
            "redirect_uris": json.dumps(made.redirect_uris),
            "callbacks": json.dumps(made.callbacks),
            "created_at": made.created_at,
            "revoked_at": None,
        },
    )


def forget_registrations(connection: Connection, ids: Collection[str]) -> None:
    """Take programs out, and all that ever came of them."""
    grants = select(oauth_grant.c.id).where(oauth_grant.c.oauth_client_id.in_(ids))
    connection.execute(delete(oauth_token).where(oauth_token.c.grant_id.in_(grants)))
    connection.execute(delete(oauth_code).where(oauth_code.c.grant_id.in_(grants)))
    connection.execute(delete(oauth_grant).where(oauth_grant.c.oauth_client_id.in_(ids)))
    connection.execute(delete(oauth_client).where(oauth_client.c.id.in_(ids)))


def replace_registration(connection: Connection, made: Registration, now: str) -> None:
    """End what a client had signed in with, and have it be this program from now on, in one transaction."""
    end_programs(connection, now, "Its OAuth id and secret were renewed.", [made.client or ""])
    end_allowances(connection, now, [made.client or ""])
    add_registration(connection, made)


def add_unknown(connection: Connection, made: Registration, most: int, kept: Collection[str]) -> None:
    """Add a program that registered itself; where there are too many that were never let in, the oldest go, but not `kept`."""
    unused = [row.id for row in connection.execute(UNUSED) if row.id not in kept]
    forget_registrations(connection, unused[: max(0, len(unused) + 1 - most)])
    add_registration(connection, made)


def end_programs(connection: Connection, now: str, why: str, client_ids: Collection[str] | None = None) -> None:
    """End how some clients sign in, or all if none are named."""
    programs, grants = END_REGISTRATIONS, END_GRANTS
    if client_ids is not None:
        programs = programs.where(oauth_client.c.client_id.in_(client_ids))
        grants = grants.where(oauth_grant.c.client_id.in_(client_ids))
    connection.execute(programs, {"now": now})
    connection.execute(grants, {"now": now, "why": why})


def end_grant(connection: Connection, grant_id: str, now: str, why: str) -> bool:
    """End what the person let a program do, and what they allowed its client for a while. Answers whether it was not over yet."""
    ended = connection.execute(END_GRANT, {"grant": grant_id, "now": now, "why": why}).rowcount > 0
    if ended:
        end_allowances(connection, now, connection.execute(CLIENT_OF, {"grant": grant_id}).scalars().all())
    return ended


def name_client(connection: Connection, grant: str) -> str:
    """The name of the client to which a grant belongs."""
    return str(connection.execute(NAME_OF, {"grant": grant}).scalar_one())


def sweep(connection: Connection, now: str, unused_since: str) -> None:
    """Take out what opens nothing any more, and programs that were never let in since then."""
    over = select(oauth_grant.c.id).where(oauth_grant.c.ended_at.is_not(None))
    connection.execute(delete(oauth_token).where(or_(oauth_token.c.expires_at <= now, oauth_token.c.grant_id.in_(over))))
    held = select(oauth_token.c.grant_id)
    connection.execute(delete(oauth_code).where(oauth_code.c.expires_at <= now, oauth_code.c.grant_id.not_in(held)))
    codes = select(oauth_code.c.grant_id)
    connection.execute(delete(oauth_grant).where(oauth_grant.c.id.not_in(held), oauth_grant.c.id.not_in(codes)))
    old = [row.id for row in connection.execute(UNUSED.where(oauth_client.c.created_at <= unused_since))]
    forget_registrations(connection, old)
