"""Clients and their keys in the database."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from server.access.clients.allowances import end_allowances
from server.access.clients.client import UNCHANGED, Change, Client, Policy
from server.access.tables import api_key, client, oauth_client, oauth_grant
from server.core.errors import Conflict, NotAuthenticated, NotFound

LONGEST_NAME = 40
KEY_ENDED = "The person at this computer has ended this key."
ADD_CLIENT = insert(client)
ADD_KEY = insert(api_key)
NAMED = select(client.c.id).where(client.c.name == bindparam("name"), client.c.revoked_at.is_(None))
POLICIES = select(client.c.id, client.c.policies)
LIVE_CLIENTS = select(client).where(client.c.revoked_at.is_(None))
LIVE = LIVE_CLIENTS.where(client.c.id == bindparam("id"))
ALL_KEYS = select(api_key.c.hash)
KEY = select(api_key.c.hash).where(api_key.c.hash == bindparam("hash"))
KEY_COLUMNS = (api_key.c.hash, api_key.c.hint, api_key.c.created_at.label("key_created_at"))
ALL_CLIENTS = (  # the valid key, or the one that was valid last, comes last
    select(client, *KEY_COLUMNS)
    .outerjoin(api_key, api_key.c.client_id == client.c.id)
    .order_by(client.c.created_at.desc(), api_key.c.revoked_at.is_(None), api_key.c.created_at)
)
USABLE_KEYS = (
    select(client, *KEY_COLUMNS)
    .join(api_key, api_key.c.client_id == client.c.id)
    .where(api_key.c.revoked_at.is_(None), client.c.revoked_at.is_(None))
)
VALID_KEY = USABLE_KEYS.with_only_columns(client.c.id).where(api_key.c.hash == bindparam("hash"))
VALID_GRANT = (
    LIVE_CLIENTS.with_only_columns(client.c.id)
    .join(oauth_grant, oauth_grant.c.client_id == client.c.id)
    .join(oauth_client, oauth_client.c.id == oauth_grant.c.oauth_client_id)
    .where(oauth_grant.c.id == bindparam("grant"), oauth_grant.c.ended_at.is_(None), oauth_client.c.revoked_at.is_(None))
)
END_CLIENTS = update(client).where(client.c.revoked_at.is_(None)).values(revoked_at=bindparam("now"))
END_KEYS = update(api_key).where(api_key.c.revoked_at.is_(None)).values(revoked_at=bindparam("now"))


def to_client(row: Mapping[str, Any]) -> Client:
    return Client(
        **{name: row[name] for name in ("id", "name", "rate", "created_at", "revoked_at")},
        scopes=frozenset(json.loads(row["scopes"])),
        policies={name: Policy(value) for name, value in json.loads(row["policies"]).items()},
        key_hint=row.get("hint") or "",
        key_created_at=row.get("key_created_at") or "",
        key_hash=row.get("hash") or b"",
    )


def read_clients(connection: Connection) -> list[Client]:
    """Read all clients, newest first, each with its newest key."""
    rows = connection.execute(ALL_CLIENTS).mappings()
    return list({row["id"]: to_client(row) for row in rows}.values())  # type: ignore[arg-type]  # RowMapping


def require_credential(connection: Connection, credential: str) -> None:
    """Raises NotAuthenticated if a credential is not valid any more, in the transaction of the caller."""
    kind, _, rest = credential.partition(":")
    if kind == "grant":
        row = connection.execute(VALID_GRANT, {"grant": rest}).first()
    elif kind == "caller":
        row = connection.execute(LIVE, {"id": rest}).first()
    else:
        row = connection.execute(VALID_KEY, {"hash": bytes.fromhex(rest)}).first()
    if row is None:
        raise NotAuthenticated(KEY_ENDED)


def add_client(connection: Connection, new: Client) -> None:
    if connection.execute(NAMED, {"name": new.name}).first():
        raise Conflict(f"There is a client named {new.name!r} already. Choose another name, or revoke that one first.")
    row = {name: getattr(new, name) for name in ("id", "name", "rate", "created_at")}
    lists = {"scopes": json.dumps(sorted(new.scopes)), "policies": json.dumps(new.policies)}
    connection.execute(ADD_CLIENT, {**row, **lists, "revoked_at": None})
    if new.key_hash:
        add_key(connection, new)


def with_free_name(connection: Connection, wanted: Client) -> Client:
    """The client with its name, or with a number after it if another client has that name."""
    names = [wanted.name, *(f"{wanted.name[: LONGEST_NAME - 4]}-{number}" for number in range(2, 1000))]
    taken = {row.name for row in connection.execute(LIVE_CLIENTS)}
    return replace(wanted, name=next(name for name in names if name not in taken))


def add_key(connection: Connection, owner: Client) -> None:
    if connection.execute(KEY, {"hash": owner.key_hash}).first():
        raise Conflict("This key belongs to another client already.")
    key = {"hash": owner.key_hash, "client_id": owner.id, "hint": owner.key_hint, "created_at": owner.key_created_at}
    connection.execute(ADD_KEY, {**key, "revoked_at": None})


def change_client(connection: Connection, client_id: str, change: Change, now: str) -> None:
    """Merge a change into a client, so that two changes at the same time both hold.

    A policy of ask or deny ends the allowances of that operation; the loss of a scope ends all of the client's allowances.
    """
    row = read_live(connection, client_id)
    policies = json.loads(row["policies"]) | change.policies
    restricted = [name for name, policy in change.policies.items() if policy is not Policy.allow]
    end_allowances(connection, now, [client_id], restricted)
    if change.scopes is not None and set(json.loads(row["scopes"])) - change.scopes:
        end_allowances(connection, now, [client_id])
    values: dict[str, Any] = {"policies": json.dumps(policies)}
    if change.scopes is not None:
        values["scopes"] = json.dumps(sorted(change.scopes))
    if change.rate != UNCHANGED:
        values["rate"] = change.rate
    connection.execute(update(client).where(client.c.id == client_id), values)


def replace_key(connection: Connection, fresh: Client, now: str) -> None:
    """Replace a client's key, and end its allowances, in one transaction."""
    read_live(connection, fresh.id)
    end_allowances(connection, now, [fresh.id])
    connection.execute(END_KEYS.where(api_key.c.client_id == fresh.id), {"now": now})
    add_key(connection, fresh)


def read_live(connection: Connection, client_id: str) -> Mapping[str, Any]:
    row = connection.execute(LIVE, {"id": client_id}).mappings().first()
    if row is None:
        raise NotFound("This client has been revoked meanwhile.")
    return row  # type: ignore[return-value]  # RowMapping


def find_client(connection: Connection, client_id: str) -> Client | None:
    """Find a client that is not revoked, without its key."""
    row = connection.execute(LIVE, {"id": client_id}).mappings().first()
    return to_client(row) if row else None  # type: ignore[arg-type]  # RowMapping


def withdraw_permissions(connection: Connection, now: str, prefix: str) -> None:
    """End what clients, also revoked ones, may do without asking by operations whose names begin so. Denials stay."""
    for client_id, text in connection.execute(POLICIES).all():
        policies = json.loads(text)
        remaining = {name: policy for name, policy in policies.items() if policy != Policy.allow or not name.startswith(prefix)}
        if remaining != policies:
            connection.execute(update(client).where(client.c.id == client_id), {"policies": json.dumps(remaining)})
    end_allowances(connection, now, prefix=prefix)


def revoke_clients(connection: Connection, now: str, client_ids: Collection[str] | None = None) -> int:
    """Revoke some clients with their keys and allowances, or all if None. Answers how many were revoked."""
    end_allowances(connection, now, client_ids)
    ending, keys = END_CLIENTS, END_KEYS
    if client_ids is not None:
        ending, keys = ending.where(client.c.id.in_(client_ids)), keys.where(api_key.c.client_id.in_(client_ids))
    ended = connection.execute(ending, {"now": now}).rowcount
    connection.execute(keys, {"now": now})
    return ended
