"""What is kept of codes and tokens: functions for the database's two verbs. Nothing but hashes is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from server.access.oauth.tables import oauth_client, oauth_code, oauth_grant, oauth_token
from server.access.oauth.tokens import digest

GRANT = (oauth_grant.c.oauth_client_id, oauth_grant.c.scopes.label("granted"), oauth_grant.c.resource)
ADD_CODE = insert(oauth_code)
ADD_TOKEN = insert(oauth_token)
SPEND_CODE = update(oauth_code).where(oauth_code.c.hash == bindparam("of")).values(used_at=bindparam("now"))
SPEND_TOKEN = (
    update(oauth_token)
    .where(oauth_token.c.hash == bindparam("of"), oauth_token.c.used_at.is_(None))
    .values(used_at=bindparam("now"), heir=bindparam("next"))
)
TOKEN = select(oauth_token).where(oauth_token.c.hash == bindparam("hash"))


@dataclass(frozen=True)
class Held:
    """A code or a refresh token with its grant, in the shape that Authlib asks for."""

    hash: bytes
    grant: str
    oauth_client: str
    granted: str
    resource: str
    expires_at: str
    used_at: str | None
    kind: str = "code"
    redirect_uri: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    heir: bytes | None = None

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.granted

    def check_client(self, client: Any) -> bool:
        return bool(self.oauth_client == client.get_client_id())

    def is_over(self, now: datetime) -> bool:
        """Whether its time is up."""
        return self.expires_at <= now.isoformat()


@dataclass(frozen=True)
class KeptToken:
    """A token, whoever it belongs to."""

    scopes: str
    expires_at: str
    used_at: str | None


def find_code(connection: Connection, code: str) -> Held | None:
    """Find a code of a grant that lives, spent and late ones too."""
    return find_held(connection, oauth_code, code)


def find_held_token(connection: Connection, token: str) -> Held | None:
    """Find a token of a grant that lives, spent and late ones too."""
    return find_held(connection, oauth_token, token)


def find_held(connection: Connection, table: Table, secret: str) -> Held | None:
    statement = (
        select(table, *GRANT)
        .join(oauth_grant, oauth_grant.c.id == table.c.grant_id)
        .join(oauth_client, oauth_client.c.id == oauth_grant.c.oauth_client_id)
        .where(table.c.hash == digest(secret), oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    challenge = row.get("challenge")
    return Held(
        hash=row["hash"],
        grant=row["grant_id"],
        oauth_client=row["oauth_client_id"],
        granted=row["granted"],
        resource=row["resource"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        kind=row.get("kind") or "code",
        redirect_uri=row.get("redirect_uri"),
        code_challenge=challenge,
        code_challenge_method="S256" if challenge else None,
        heir=row.get("heir"),
    )


def find_token(connection: Connection, hashed: bytes) -> KeptToken | None:
    """Find a token by its hash."""
    row = connection.execute(TOKEN, {"hash": hashed}).first()
    return KeptToken(row.scopes, row.expires_at, row.used_at) if row else None


def add_code(connection: Connection, code: str, grant: str, redirect_uri: str | None, challenge: str | None, until: str) -> None:
    values = {"hash": digest(code), "grant_id": grant, "redirect_uri": redirect_uri, "challenge": challenge}
    connection.execute(ADD_CODE, {**values, "expires_at": until, "used_at": None})


def add_token(connection: Connection, token: str, grant: str, kind: str, scopes: str, until: str) -> None:
    values = {"hash": digest(token), "grant_id": grant, "kind": kind, "scopes": scopes, "expires_at": until}
    connection.execute(ADD_TOKEN, {**values, "used_at": None, "heir": None})


def spend_code(connection: Connection, code: Held, now: str) -> None:
    connection.execute(SPEND_CODE, {"of": code.hash, "now": now})


def spend_token(connection: Connection, token: Held, heir: bytes, now: str) -> None:
    connection.execute(SPEND_TOKEN, {"of": token.hash, "now": now, "next": heir})
