"""Clients: each GPT, app or script that may call, with its key, scopes, policies and rate limit."""

import asyncio
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from server.access.clients import grants, store
from server.access.clients.client import UNCHANGED, Change, Client, Policy
from server.access.clients.grants import Token
from server.access.clients.reinstate import UNDO_TIME, reinstate_client, reinstate_restored
from server.core.clock import Clock
from server.core.command import format_command
from server.core.credentials import digest, new_secret
from server.core.errors import InvalidInput, NotFound
from server.core.rates import require_rate
from server.storage.database import Database

__all__ = ["Change", "Client", "Clients", "Policy"]

SHORTEST_KEY = 20  # characters of a key that the person chooses
KEY_PREFIX = "dh_"  # makes a leaked key recognisable to scanners
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@dataclass(frozen=True)
class CredentialCache:
    """Valid credentials: clients by the hash of their key, access tokens by theirs, and clients by their grant.

    `callers`: clients of callers who bring a token of their own, by scope. `ended`: hashes of keys that are not valid any more.
    """

    keys: Mapping[bytes, Client] = field(default_factory=dict)
    tokens: Mapping[bytes, Token] = field(default_factory=dict)
    grants: Mapping[str, Client] = field(default_factory=dict)
    callers: Mapping[str, Client] = field(default_factory=dict)
    ended: frozenset[bytes] = frozenset()


class Clients:
    """Service for clients. Valid credentials are cached in memory, so authentication needs no query.

    `caller_clients`: ids of the clients of callers who bring a token of their own, by scope.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cache = CredentialCache()
        self._lock = asyncio.Lock()
        self.caller_clients: dict[str, str] = {}
        self.on_change: list[Callable[[], object]] = []  # called when a client may do more or less than before
        self.on_scopes_lost: list[Callable[[str | None], None]] = []  # called with the id of the client, None for all

    async def load(self) -> None:
        """Read the valid credentials at start; every change here updates them."""
        self._cache = await self._database.read(read_credentials, self._clock.now().isoformat(), dict(self.caller_clients))
        for callback in self.on_change:
            callback()

    async def reload(self) -> None:
        """Read the valid credentials again, after a change that was written elsewhere."""
        async with self._lock:
            await self.load()

    def find(self, key: str, resource: str = "") -> Client | None:
        """Find the client of a key or an access token.

        `resource`: the requested one, "/mcp" for the tools. A token for the tools is valid for nothing else.
        """
        hashed = digest(key)
        token = self._cache.tokens.get(hashed)
        if token is None:
            return self._cache.keys.get(hashed)
        if token.resource not in {"", resource} or token.expires_at <= self._clock.now().isoformat():
            return None
        client = self._cache.grants.get(token.grant)
        return client and client.granted(token.grant, token.scopes)

    def refresh(self, client: Client) -> Client | None:
        """Find the current state of a client; None if its credential is not valid any more.

        A token may have fewer scopes than its grant: a call gets no more than it began with.
        """
        if client.grant:
            granted = self._cache.grants.get(client.grant)
            return granted and granted.granted(client.grant, client.scopes)
        if client.caller:
            return self.find_caller(client.caller_scope, client.caller)
        return self._cache.keys.get(client.key_hash)

    def find_caller(self, scope: str, caller: str) -> Client | None:
        """Find the client of a caller who brings a token; with an empty scope, the first, with the scopes of all."""
        clients = self._cache.callers
        client = clients.get(scope) if scope else next(iter(clients.values()), None)
        scopes = frozenset(own for own, other in clients.items() if scope in {"", own} and own in other.scopes)
        return client and replace(client, scopes=scopes, caller=caller, caller_scope=scope)

    def is_own(self, key: str) -> bool:
        """Return whether it is a credential of Deskhand's, also one that is not valid any more, which nobody else may get."""
        cache, hashed = self._cache, digest(key)
        return hashed in cache.keys or hashed in cache.tokens or hashed in cache.ended

    def find_by_credential(self, credential: str) -> Client | None:
        """Find the client of a credential; None if it is not valid any more."""
        kind, _, rest = credential.partition(":")
        return self._cache.grants.get(rest) if kind == "grant" else self._cache.keys.get(bytes.fromhex(rest))

    async def create(
        self,
        name: str,
        scopes: frozenset[str],
        policies: Mapping[str, Policy],
        rate: str | None = None,
        key: str | None = None,
    ) -> tuple[Client, str]:
        """Create a client and its key, of which only the SHA-256 is stored. Raises Conflict for a name in use."""
        if key is not None and len(key) < SHORTEST_KEY:
            raise InvalidInput(f"A key of your own has at least {SHORTEST_KEY} characters. Leave it out and Deskhand makes one.")
        hint, key = (key[:3], key) if key else make_key()
        new = self.prepare(name, scopes, policies, rate)
        new = replace(new, key_hint=hint, key_created_at=new.created_at, key_hash=digest(key))
        await self.write(store.add_client, new)
        return new, key

    def prepare(self, name: str, scopes: frozenset[str], policies: Mapping[str, Policy], rate: str | None = None) -> Client:
        """Create a client without a key that is not stored yet. Raises InvalidInput."""
        if not NAME.fullmatch(name):
            raise InvalidInput(
                "A client's name has up to 40 small letters, digits, dots, dashes or underscores, such as `my-gpt`."
            )
        require_rate(rate)
        return Client(secrets.token_hex(8), name, scopes, dict(policies), rate, self._clock.now().isoformat())

    async def list(self) -> list[Client]:
        """List all clients, also revoked ones, newest first."""
        return await self._database.read(store.read_clients)

    async def show(self, name: str) -> Client:
        """Find a client that is not revoked. Raises NotFound."""
        for client in await self.list():
            if client.name == name and client.revoked_at is None:
                return client
        raise NotFound(f"There is no client named {name!r}. `{format_command('clients list')}` names them.")

    async def change(self, name: str, change: Change) -> Client:
        """Change what a client may do, from its next call on. Raises NotFound."""
        if change.rate != UNCHANGED:
            require_rate(change.rate)
        client = await self.show(name)
        await self.write(store.change_client, client.id, change, self._clock.now().isoformat())
        if change.scopes is not None and client.scopes - change.scopes:
            self._publish_scopes_lost(client.id)
        return await self.show(name)

    async def renew_key(self, name: str) -> tuple[Client, str]:
        """Replace a client's key. The old one ends in the same transaction."""
        client, now, (hint, key) = await self.show(name), self._clock.now().isoformat(), make_key()
        fresh = replace(client, key_hint=hint, key_created_at=now, key_hash=digest(key))
        await self.write(store.replace_key, fresh, now)
        return fresh, key

    async def revoke(self, name: str) -> Client:
        """Revoke a client with its credentials."""
        client = await self.show(name)
        return replace(client, revoked_at=await self.end(client.id))

    async def end(self, client_id: str) -> str:
        """Revoke a client by its id. Returns when."""
        now = self._clock.now().isoformat()
        await self.write(revoke_clients, now, [client_id])
        self._publish_scopes_lost(client_id)
        return now

    async def reinstate_restored(self, client: Client) -> None:
        """Make a revoked client and its last key valid again. Raises InvalidInput, and Conflict if its name is in use."""
        self.prepare(client.name, client.scopes, client.policies, client.rate)
        await self.write(reinstate_restored, client)

    async def reinstate(self, name: str) -> Client:
        """Undo the revocation of a client, for a minute. Raises NotFound and Conflict."""
        now = self._clock.now()
        await self.write(reinstate_client, name, (now - UNDO_TIME).isoformat(), now.isoformat())
        return await self.show(name)

    async def withdraw(self, prefix: str) -> None:
        """End what clients may do without asking by operations whose names begin so, as these become others."""
        await self.write(store.withdraw_permissions, self._clock.now().isoformat(), prefix)

    async def revoke_all(self) -> int:
        """Revoke every client. Returns their number."""
        revoked = int(await self.write(revoke_clients, self._clock.now().isoformat()))
        self._publish_scopes_lost(None)
        return revoked

    def _publish_scopes_lost(self, client_id: str | None) -> None:
        for callback in self.on_scopes_lost:
            callback(client_id)

    async def write(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Write a change and reload the cache. Changes take turns, so that no older reading replaces a newer one."""
        async with self._lock:
            try:
                return await self._database.write(function, *arguments)
            finally:
                await self.load()


def read_credentials(connection: Connection, now: str, callers: Mapping[str, str]) -> CredentialCache:
    """Read the valid credentials, and the clients of callers by their scopes."""
    keys = {row["hash"]: store.to_client(row) for row in grants.read_rows(connection, store.USABLE_KEYS)}
    clients = {scope: client for scope, of in callers.items() if (client := store.find_client(connection, of))}
    ended = frozenset(connection.execute(store.ALL_KEYS).scalars()) - keys.keys() if clients else frozenset[bytes]()
    return CredentialCache(keys, grants.read_valid_tokens(connection, now), grants.read_granted(connection), clients, ended)


def revoke_clients(connection: Connection, now: str, client_ids: Collection[str] | None = None) -> int:
    """Revoke some clients, or all if None, with their keys, OAuth clients and grants. Answers how many were revoked."""
    grants.end_oauth_clients(connection, now, "Its client was revoked.", client_ids)
    return store.revoke_clients(connection, now, client_ids)


def make_key() -> tuple[str, str]:
    """Generate a key of 256 random bits. Answers its beginning, by which the person recognizes it, and the key."""
    key = new_secret(KEY_PREFIX)
    return key[:7], key
