"""Clients: each GPT, app or script that may call, with its key, what it may do, and how often."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from server.access.clients import store
from server.access.clients.client import AS_IT_WAS, Change, Client, Policy
from server.access.oauth import store as programs
from server.access.oauth.models import Token
from server.core.clock import Clock
from server.core.errors import InvalidInput, NotFound
from server.core.text import shorten
from server.storage.database import Database

if TYPE_CHECKING:
    from limits import RateLimitItem

__all__ = ["Change", "Client", "Clients", "Policy"]

SHORTEST_KEY = 20  # of one that the person brings
KEY_PREFIX = "dh_"  # makes a leaked key recognisable to scanners
LONGEST_WINDOW = 366 * 24 * 3600  # seconds
MOST_CALLS = 100_000  # in one window, for the calls in it are remembered one by one
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Known:
    """Who may call: clients by the hash of their key, access tokens by theirs, and clients by the grant that they came with."""

    keys: Mapping[bytes, Client] = field(default_factory=dict)
    tokens: Mapping[bytes, Token] = field(default_factory=dict)
    grants: Mapping[str, Client] = field(default_factory=dict)


class Clients:
    """Keeps the clients. Those that may call are held in memory by the hash of their key, so a call costs no query."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known = Known()
        self._turn = asyncio.Lock()
        self.on_change: list[Callable[[], object]] = []  # told whenever somebody may do more or less than before
        self.on_lost: list[Callable[[str | None], None]] = []  # told whose scopes became fewer: a client's id, None for all

    async def load(self) -> None:
        """Read who may call; at start, for every change here does it by itself."""
        self._known = await self._database.read(read_known, self._clock.now().isoformat())
        for tell in self.on_change:
            tell()

    async def reload(self) -> None:
        """Read again who may call, after something that was written elsewhere."""
        async with self._turn:
            await self.load()

    def find(self, key: str, resource: str = "") -> Client | None:
        """Find the client that holds this key, or this access token.

        `resource`: what it wants, "/mcp" for the tools. A token for these opens nothing else.
        """
        token = self._known.tokens.get(hash_key(key))
        if token is None:
            return self._known.keys.get(hash_key(key))
        if token.resource not in {"", resource} or token.expires_at <= self._clock.now().isoformat():
            return None
        client = self._known.grants.get(token.grant)
        return client and client.granted(token.grant, token.scopes)

    def look_again(self, one: Client) -> Client | None:
        """Find a client as it is now; None if the key with which it was found opens nothing any more."""
        return self.recall(one.credential)

    def recall(self, credential: str) -> Client | None:
        """Find the client that came in with this credential, as it is now; None if it opens nothing any more."""
        kind, _, rest = credential.partition(":")
        return self._known.grants.get(rest) if kind == "grant" else self._known.keys.get(bytes.fromhex(rest))

    async def create(
        self,
        name: str,
        scopes: frozenset[str],
        policies: Mapping[str, Policy],
        rate: str | None = None,
        key: str | None = None,
    ) -> tuple[Client, str]:
        """Make a client and its key, which is told this once: only its SHA-256 is kept. Raises Conflict for a name in use."""
        if key is not None and len(key) < SHORTEST_KEY:
            raise InvalidInput(f"A key of your own has at least {SHORTEST_KEY} characters. Leave it out and Deskhand makes one.")
        hint = key[:3] if key else ""
        key = key or new_key()
        made = self.prepare(name, scopes, policies, rate)
        hint = hint or hint_of(key)
        made = replace(made, key_hint=hint, key_created_at=made.created_at, key_hash=hash_key(key))
        await self.change_kept(store.add_client, made)
        return made, key

    def prepare(self, name: str, scopes: frozenset[str], policies: Mapping[str, Policy], rate: str | None = None) -> Client:
        """A client that is not kept yet, without a key. Raises InvalidInput."""
        if not NAME.fullmatch(name):
            raise InvalidInput(
                "A client's name has up to 40 small letters, digits, dots, dashes or underscores, such as `my-gpt`."
            )
        check_rate(rate)
        return Client(secrets.token_hex(8), name, scopes, dict(policies), rate, self._clock.now().isoformat())

    async def list(self) -> list[Client]:
        """List all clients, revoked ones too, newest first."""
        return await self._database.read(store.read_clients)

    async def show(self, name: str) -> Client:
        """Find a client that is not revoked. Raises NotFound."""
        for one in await self.list():
            if one.name == name and one.revoked_at is None:
                return one
        raise NotFound(f"There is no client named {name!r}. `deskhand clients list` names them.")

    async def change(self, name: str, change: Change) -> Client:
        """Change what a client may do, from its next call on. Raises NotFound."""
        if change.rate != AS_IT_WAS:
            check_rate(change.rate)
        one = await self.show(name)
        await self.change_kept(store.change_client, one.id, change, self._clock.now().isoformat())
        if change.scopes is not None and one.scopes - change.scopes:
            self._tell_lost(one.id)
        return await self.show(name)

    async def renew_key(self, name: str) -> tuple[Client, str]:
        """Give a client another key, told this once. The old one ends in the same moment."""
        one, key = await self.show(name), new_key()
        now = self._clock.now().isoformat()
        fresh = replace(one, key_hint=hint_of(key), key_created_at=now, key_hash=hash_key(key))
        await self.change_kept(store.replace_key, fresh, now)
        return fresh, key

    async def revoke(self, name: str) -> Client:
        """End a client: its key opens nothing from this moment on."""
        one, now = await self.show(name), self._clock.now().isoformat()
        await self.change_kept(revoke_clients, now, [one.id])
        self._tell_lost(one.id)
        return replace(one, revoked_at=now)

    async def revoke_all(self) -> int:
        """End every client at once: no key opens anything from this moment on. Answers how many there were."""
        ended = int(await self.change_kept(revoke_clients, self._clock.now().isoformat()))
        self._tell_lost(None)
        return ended

    def _tell_lost(self, client_id: str | None) -> None:
        for tell in self.on_lost:
            tell(client_id)

    async def change_kept(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Store a change and know it at once. Changes take turns, so that no older reading covers a newer one."""
        async with self._turn:
            try:
                return await self._database.write(function, *arguments)
            finally:
                await self.load()


def read_known(connection: Connection, now: str) -> Known:
    """Read who may call."""
    granted = programs.read_granted(connection)
    return Known(store.read_usable_keys(connection), programs.read_open_tokens(connection, now), granted)


def revoke_clients(connection: Connection, now: str, client_ids: Collection[str] | None = None) -> int:
    """End some clients, or all if none are named, with their keys and however they sign in. Answers how many ended."""
    programs.end_programs(connection, now, "Its client was ended.", client_ids)
    return store.revoke_clients(connection, now, client_ids)


def new_key() -> str:
    """Make a key of 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hint_of(key: str) -> str:
    """The beginning of a key that Deskhand made, by which a person tells it from others."""
    return key[:7]


def hash_key(key: str) -> bytes:
    """SHA-256 is right for a key of 256 random bits; a slow hash is for passwords."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=64)
def read_rate(rate: str) -> "RateLimitItem":
    """Read a rate such as 30/minute. Raises ValueError, also for several of them: nobody would count the others."""
    from limits import parse_many

    item, *others = parse_many(rate)
    if others or item.get_expiry() > LONGEST_WINDOW:
        raise ValueError(rate)
    return item


def check_rate(rate: str | None) -> None:
    """Raises InvalidInput for a rate that nobody understands."""
    if rate is None or rate == "none":
        return
    try:
        fits = 0 < read_rate(rate).amount <= MOST_CALLS
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput(
            f"The rate {shorten(rate)!r} is not understood. Give one, counted over a year at most: 30/minute, 500/hour or none."
        )
