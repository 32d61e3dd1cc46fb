"""Clients: each GPT, app or script that may call, with its key, what it may do, and how often."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from limits import parse
from sqlalchemy import Connection, insert, select, update

from server.access.tables import api_key, client
from server.context import Clock
from server.errors import Conflict, InvalidInput, NotFound
from server.operation import Operation
from server.storage.database import Database

SHORTEST_KEY = 20  # of one that the person brings
KEY_PREFIX = "dh_"  # makes a leaked key recognisable to scanners
MOST_CALLS = 100_000  # in one window, for the calls in it are remembered one by one
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class Policy(StrEnum):
    """What happens when a client asks for an operation that it has the scope for."""

    allow = "allow"  #: it runs
    ask = "ask"  #: the person decides, each time
    deny = "deny"  #: it is refused


@dataclass(frozen=True)
class Client:
    """`rate` is None for the usual limits, "none" for no limit, or such as "30/minute"."""

    id: str
    name: str
    scopes: frozenset[str]
    policies: Mapping[str, Policy] = field(default_factory=dict)
    rate: str | None = None
    created_at: str = ""
    revoked_at: str | None = None
    key_hint: str = ""

    def policy_for(self, operation: Operation) -> Policy:
        """Reading is allowed and changing asks, until the person says otherwise."""
        return self.policies.get(operation.name, Policy.ask if operation.changes else Policy.allow)


class Clients:
    """Keeps the clients. Those that may call are held in memory by the hash of their key, so a call costs no query."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_hash: dict[bytes, Client] = {}

    async def load(self) -> None:
        """Read the clients again; call it at start and after each change."""
        self._by_hash = await self._database.read(read_usable_keys)

    def find(self, key: str) -> Client | None:
        """Find the client that holds this key."""
        return self._by_hash.get(hash_key(key))

    async def create(
        self,
        name: str,
        scopes: frozenset[str],
        policies: Mapping[str, Policy],
        rate: str | None = None,
        key: str | None = None,
    ) -> tuple[Client, str]:
        """Make a client and its key, which is told this once: only its SHA-256 is kept. Raises Conflict for a name in use."""
        if not NAME.fullmatch(name):
            raise InvalidInput(
                "A client's name has up to 40 small letters, digits, dots, dashes or underscores, such as `my-gpt`."
            )
        check_rate(rate)
        if key is not None and len(key) < SHORTEST_KEY:
            raise InvalidInput(f"A key of your own has at least {SHORTEST_KEY} characters. Leave it out and Deskhand makes one.")
        hint = key[:3] if key else ""
        key = key or KEY_PREFIX + secrets.token_urlsafe(32)
        now = self._clock.now().isoformat()
        made = Client(secrets.token_hex(8), name, scopes, dict(policies), rate, now, None, hint or key[:7])
        await self._database.write(add_client, made, hash_key(key), now)
        await self.load()
        return made, key

    async def list(self) -> list[Client]:
        """List all clients, revoked ones too, newest first."""
        return await self._database.read(read_clients)

    async def show(self, name: str) -> Client:
        """Find a client that is not revoked. Raises NotFound."""
        for one in await self.list():
            if one.name == name and one.revoked_at is None:
                return one
        raise NotFound(f"There is no client named {name!r}. `deskhand clients list` names them.")

    async def revoke(self, name: str) -> Client:
        """End a client: its key opens nothing from this moment on."""
        one = await self.show(name)
        await self._database.write(revoke_client, one.id, self._clock.now().isoformat())
        await self.load()
        return one


def hash_key(key: str) -> bytes:
    """SHA-256 is right for a key of 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def check_rate(rate: str | None) -> None:
    """Raises InvalidInput for a rate that nobody understands."""
    if rate is None or rate == "none":
        return
    try:
        fits = 0 < parse(rate).amount <= MOST_CALLS
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput(f"The rate {rate!r} is not understood. Say for instance 30/minute, 500/hour or none.")


ADD_CLIENT = insert(client)
ADD_KEY = insert(api_key)
LIVE_CLIENT = select(client.c.id)
ALL_CLIENTS = (
    select(client, api_key.c.hint).join(api_key, api_key.c.client_id == client.c.id).order_by(client.c.created_at.desc())
)
USABLE_KEYS = (
    select(api_key.c.hash, client, api_key.c.hint)
    .join(client, client.c.id == api_key.c.client_id)
    .where(api_key.c.revoked_at.is_(None), client.c.revoked_at.is_(None))
)


def to_client(row: Mapping[str, str]) -> Client:
    return Client(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(json.loads(row["scopes"])),
        policies={name: Policy(value) for name, value in json.loads(row["policies"]).items()},
        rate=row["rate"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        key_hint=row["hint"],
    )


def add_client(connection: Connection, made: Client, key_hash: bytes, now: str) -> None:
    taken = LIVE_CLIENT.where(client.c.name == made.name, client.c.revoked_at.is_(None))
    if connection.execute(taken).first():
        raise Conflict(f"There is a client named {made.name!r} already. Choose another name, or revoke that one first.")
    connection.execute(
        ADD_CLIENT,
        {
            "id": made.id,
            "name": made.name,
            "scopes": json.dumps(sorted(made.scopes)),
            "policies": json.dumps(made.policies),
            "rate": made.rate,
            "created_at": now,
            "revoked_at": None,
        },
    )
    key = {"hash": key_hash, "client_id": made.id, "hint": made.key_hint, "created_at": now, "revoked_at": None}
    if connection.execute(select(api_key.c.hash).where(api_key.c.hash == key_hash)).first():
        raise Conflict("This key belongs to another client already.")
    connection.execute(ADD_KEY, key)


def read_clients(connection: Connection) -> list[Client]:
    return [to_client(row) for row in connection.execute(ALL_CLIENTS).mappings()]  # type: ignore[arg-type]  # RowMapping


def read_usable_keys(connection: Connection) -> dict[bytes, Client]:
    return {row["hash"]: to_client(row) for row in connection.execute(USABLE_KEYS).mappings()}  # type: ignore[arg-type]


def revoke_client(connection: Connection, client_id: str, now: str) -> None:
    connection.execute(update(client).where(client.c.id == client_id), {"revoked_at": now})
    connection.execute(update(api_key).where(api_key.c.client_id == client_id), {"revoked_at": now})
