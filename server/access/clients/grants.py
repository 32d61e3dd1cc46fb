"""Grants that the person gave to OAuth clients, and their access tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from server.access.clients.client import Client
from server.access.clients.store import LIVE_CLIENTS, to_client
from server.access.tables import oauth_client, oauth_grant, oauth_token

LIVE_GRANTS = (
    select(oauth_grant)
    .join(oauth_client, oauth_client.c.id == oauth_grant.c.oauth_client_id)
    .where(oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))
)
LIVE_TOKENS = (
    select(oauth_token, oauth_grant.c.resource)
    .join(oauth_grant, oauth_grant.c.id == oauth_token.c.grant_id)
    .where(oauth_grant.c.ended_at.is_(None), oauth_token.c.kind == "access", oauth_token.c.expires_at > bindparam("now"))
)
END_GRANTS = (
    update(oauth_grant).where(oauth_grant.c.ended_at.is_(None)).values(ended_at=bindparam("now"), reason=bindparam("why"))
)
END_REGISTRATIONS = update(oauth_client).where(oauth_client.c.revoked_at.is_(None)).values(revoked_at=bindparam("now"))


@dataclass(frozen=True)
class Grant:
    """A grant to an OAuth client. `resource`: "" for everything, "/mcp" for the tools only (RFC 8707).

    `address`: the public address at which it was given.
    """

    id: str
    oauth_client: str
    client: str
    callback: str
    scopes: frozenset[str]
    resource: str
    address: str
    created_at: str
    last_used_at: str | None = None


@dataclass(frozen=True)
class Token:
    """A valid access token, without its secret."""

    grant: str
    scopes: frozenset[str]
    resource: str
    expires_at: str


def to_grant(row: Mapping[str, Any]) -> Grant:
    ids = {"oauth_client": row["oauth_client_id"], "client": row["client_id"], "scopes": frozenset(row["scopes"].split())}
    return Grant(**ids, **{name: row[name] for name in ("id", "callback", "resource", "address", "created_at", "last_used_at")})


def read_rows(connection: Connection, statement: Select[Any], **values: Any) -> list[Mapping[str, Any]]:
    return list(connection.execute(statement, values).mappings())  # type: ignore[arg-type]  # RowMapping


def read_granted(connection: Connection) -> dict[str, Client]:
    """Read the client of every live grant, with the scopes that both have, by the grant's id."""
    clients = {row["id"]: to_client(row) for row in read_rows(connection, LIVE_CLIENTS)}
    grants = [to_grant(row) for row in read_rows(connection, LIVE_GRANTS)]
    return {grant.id: clients[grant.client].granted(grant.id, grant.scopes) for grant in grants if grant.client in clients}


def read_valid_tokens(connection: Connection, now: str) -> dict[bytes, Token]:
    """Read the valid access tokens, by their hash."""
    rows = read_rows(connection, LIVE_TOKENS, now=now)
    return {
        row["hash"]: Token(row["grant_id"], frozenset(row["scopes"].split()), row["resource"], row["expires_at"]) for row in rows
    }


def end_oauth_clients(connection: Connection, now: str, why: str, client_ids: Collection[str] | None = None) -> None:
    """Revoke the OAuth clients and grants of some clients, or of all if None."""
    registrations, grants = END_REGISTRATIONS, END_GRANTS
    if client_ids is not None:
        registrations = registrations.where(oauth_client.c.client_id.in_(client_ids))
        grants = grants.where(oauth_grant.c.client_id.in_(client_ids))
    connection.execute(registrations, {"now": now})
    connection.execute(grants, {"now": now, "why": why})
