"""The programs that sign in: those the person makes here, and what each of them was let in for."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from server.access.clients import store as kept_clients
from server.access.clients.client import Client, Policy
from server.access.clients.registry import Clients
from server.access.oauth import store
from server.access.oauth.models import Grant, Kind, Pair, Registration
from server.access.oauth.redirect_uris import check_own
from server.access.oauth.tokens import CLIENT_SECRET, digest, is_same, new_id, new_secret
from server.core.clock import Clock
from server.core.errors import Conflict, NotFound
from server.storage.database import Database

log = logging.getLogger(__name__)

OPENAI = "openai"  # the client whose id and secret the environment holds


@dataclass(frozen=True)
class Program:
    """A program that the person let in, with the grants that somebody can come in with."""

    registration: Registration
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class Refused:
    """What wanted to sign in, and could not."""

    at: str
    client: str
    callback: str
    reason: str


class Programs:
    """Makes, shows and ends what signs in with OAuth."""

    def __init__(self, clients: Clients, database: Database, clock: Clock) -> None:
        self._clients, self._database, self._clock = clients, database, clock
        self.refused: Refused | None = None

    async def create(
        self,
        name: str,
        scopes: frozenset[str],
        policies: Mapping[str, Policy],
        rate: str | None = None,
        redirect_uris: Collection[str] = (),
    ) -> tuple[Client, Pair]:
        """Make a client without a key, and the id and secret with which it signs in; the secret is told this once."""
        client, pair = self._clients.prepare(name, scopes, policies, rate), new_pair()
        await self._clients.change_kept(add_both, client, self._own(client, pair, check_own(redirect_uris)))
        return client, pair

    async def renew(self, name: str, redirect_uris: Collection[str] | None = None) -> tuple[Client, Pair]:
        """Give a client another id and secret, told this once; what it had signed in with ends. None keeps its addresses."""
        client, pair = await self._clients.show(name), new_pair()
        had = (await self.read()).get(client.id)
        if redirect_uris is None:
            redirect_uris = had.registration.redirect_uris if had and had.registration.kind is Kind.own else ()
        made = self._own(client, pair, check_own(redirect_uris))
        await self._clients.change_kept(store.replace_registration, made, made.created_at)
        return client, pair

    async def change_callbacks(self, name: str, redirect_uris: Collection[str]) -> Client:
        """Say where a program that the person made may be answered, besides the usual; who is signed in stays so."""
        client = await self._clients.show(name)
        program = (await self.read()).get(client.id)
        if program is None or program.registration.kind is not Kind.own:
            raise Conflict(f"Where {name!r} may be answered is not said here.")
        await self._clients.change_kept(store.change_redirects, program.registration.id, check_own(redirect_uris))
        return client

    async def read(self) -> dict[str, Program]:
        """Read the programs that the person let in, by their client's id."""
        return await self._database.read(read_programs, self._clock.now().isoformat())

    async def end_grant(self, name: str, grant_id: str) -> None:
        """End one sign-in of a client. Raises NotFound."""
        program = (await self.read()).get((await self._clients.show(name)).id)
        if program is None or grant_id not in {grant.id for grant in program.grants}:
            raise NotFound("There is no such sign-in any more.")
        now = self._clock.now().isoformat()
        await self._clients.change_kept(store.end_grant, grant_id, now, "You ended it.")

    async def add_openai(self, pair: Pair, scopes: frozenset[str]) -> None:
        """Make the client whose id and secret the environment holds, unless there is, or was, one with this id."""
        found = await self._database.read(store.find_any, pair.client_id)
        if found:
            if not is_same(pair.client_secret, found.secret_hash):
                log.warning("OPENAI_CLIENT_SECRET is not the secret that is kept for OPENAI_CLIENT_ID, which stays in force.")
            return
        client = self._clients.prepare(OPENAI, scopes, {})
        await self._clients.change_kept(add_with_free_name, client, self._own(client, pair, ()))

    def _own(self, client: Client, pair: Pair, redirect_uris: tuple[str, ...]) -> Registration:
        return Registration(
            id=pair.client_id,
            kind=Kind.own,
            name=client.name,
            redirect_uris=redirect_uris,
            secret_hash=digest(pair.client_secret),
            client=client.id,
            created_at=self._clock.now().isoformat(),
        )


def new_pair() -> Pair:
    """Make an id and a secret."""
    return Pair(new_id(), new_secret(CLIENT_SECRET))


def add_both(connection: Connection, client: Client, registration: Registration) -> None:
    """Add a client and how it signs in, in one transaction."""
    kept_clients.add_client(connection, client)
    store.add_registration(connection, registration)


def add_with_free_name(connection: Connection, client: Client, registration: Registration) -> None:
    """Add a client under its name, or that with a number where another has it, and how it signs in."""
    add_both(connection, kept_clients.with_free_name(connection, client), registration)


def read_programs(connection: Connection, now: str) -> dict[str, Program]:
    """Read the programs with their grants, by their client's id."""
    grants = store.read_held_grants(connection, now)
    return {
        one.client: Program(one, tuple(grant for grant in grants if grant.oauth_client == one.id))
        for one in store.read_registrations(connection)
        if one.client
    }
