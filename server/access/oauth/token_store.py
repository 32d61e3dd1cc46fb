"""Codes and tokens in the database, as hashes only."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from server.access.tables import oauth_client, oauth_code, oauth_grant, oauth_token
from server.core.credentials import digest

GRANT = (
    oauth_grant.c.id.label("grant"),
    oauth_grant.c.oauth_client_id.label("oauth_client"),
    oauth_grant.c.scopes.label("granted"),
    oauth_grant.c.resource,
)
ADD_CODE = insert(oauth_code)
ADD_TOKEN = insert(oauth_token)
SPEND_CODE = update(oauth_code).where(oauth_code.c.hash == bindparam("of")).values(used_at=bindparam("now"))
SPEND_TOKEN = (
    update(oauth_token)
    .where(oauth_token.c.hash == bindparam("of"), oauth_token.c.used_at.is_(None))
    .values(used_at=bindparam("now"), heir=bindparam("successor"))
)
TOKEN = select(oauth_token).where(oauth_token.c.hash == bindparam("hash"))


@dataclass(frozen=True)
class StoredCredential:
    """A code or a token with its grant, in the form that Authlib expects."""

    hash: bytes
    grant: str
    oauth_client: str
    granted: str
    resource: str
    expires_at: str
    used_at: str | None

    def get_scope(self) -> str:
        return self.granted

    def check_client(self, client: Any) -> bool:
        return bool(self.oauth_client == client.get_client_id())

    def is_over(self, now: datetime) -> bool:
        """Return whether it has expired."""
        return self.expires_at <= now.isoformat()


@dataclass(frozen=True)
class StoredCode(StoredCredential):
    """An authorization code."""

    redirect_uri: str | None
    code_challenge: str | None

    @property
    def code_challenge_method(self) -> str | None:
        """PKCE's method, of which only one is accepted."""
        return "S256" if self.code_challenge else None

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri


@dataclass(frozen=True)
class StoredToken(StoredCredential):
    """An access or refresh token. `successor`: hash of the refresh token that replaced it."""

    kind: str
    successor: bytes | None


@dataclass(frozen=True)
class TokenRow:
    """A token without its grant."""

    scopes: str
    expires_at: str
    used_at: str | None


def find_code(connection: Connection, code: str) -> StoredCode | None:
    """Find a code of a live grant, also a used or expired one."""
    row = find_with_grant(connection, oauth_code, code)
    return StoredCode(**row_of_grant(row), redirect_uri=row["redirect_uri"], code_challenge=row["challenge"]) if row else None


def find_stored_token(connection: Connection, token: str) -> StoredToken | None:
    """Find a token of a live grant, also a used or expired one."""
    row = find_with_grant(connection, oauth_token, token)
    return StoredToken(**row_of_grant(row), kind=row["kind"], successor=row["heir"]) if row else None


def find_with_grant(connection: Connection, table: Table, secret: str) -> Mapping[str, Any] | None:
    statement = (
        select(table, *GRANT)
        .join(oauth_grant, oauth_grant.c.id == table.c.grant_id)
        .join(oauth_client, oauth_client.c.id == oauth_grant.c.oauth_client_id)
        .where(table.c.hash == digest(secret), oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))
    )
    return connection.execute(statement).mappings().first()  # type: ignore[return-value]  # RowMapping


def row_of_grant(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that codes and tokens share."""
    return {field.name: row[field.name] for field in fields(StoredCredential)}


def find_token(connection: Connection, hashed: bytes) -> TokenRow | None:
    """Find a token by its hash."""
    row = connection.execute(TOKEN, {"hash": hashed}).first()
    return TokenRow(row.scopes, row.expires_at, row.used_at) if row else None


def add_code(connection: Connection, code: str, grant: str, redirect_uri: str | None, challenge: str | None, until: str) -> None:
    values = {"hash": digest(code), "grant_id": grant, "redirect_uri": redirect_uri, "challenge": challenge}
    connection.execute(ADD_CODE, {**values, "expires_at": until, "used_at": None})


def add_token(connection: Connection, token: str, grant: str, kind: str, scopes: str, until: str) -> None:
    values = {"hash": digest(token), "grant_id": grant, "kind": kind, "scopes": scopes, "expires_at": until}
    connection.execute(ADD_TOKEN, {**values, "used_at": None, "heir": None})


def spend_code(connection: Connection, code: StoredCode, now: str) -> None:
    connection.execute(SPEND_CODE, {"of": code.hash, "now": now})


def spend_token(connection: Connection, token: StoredToken, successor: bytes, now: str) -> None:
    connection.execute(SPEND_TOKEN, {"of": token.hash, "now": now, "successor": successor})
