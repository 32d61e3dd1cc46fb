"""OAuth clients that the person creates here, and the grants of each."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from server.access.clients.client import Client, Policy
from server.access.clients.grants import Grant, read_rows, to_grant
from server.access.clients.registry import Clients
from server.access.clients.store import add_client, with_free_name
from server.access.oauth import store
from server.access.oauth.models import ClientCredentials, Kind, Registration
from server.access.oauth.redirect_uris import check_own
from server.access.oauth.tokens import CLIENT_SECRET, new_id
from server.core.clock import Clock
from server.core.credentials import digest, is_same, new_secret
from server.core.errors import Conflict, NotFound
from server.storage.database import Database

log = logging.getLogger(__name__)

OPENAI = "openai"  # the client whose id and secret are in the environment


@dataclass(frozen=True)
class OAuthClient:
    """An OAuth client that the person let in, with its valid grants."""

    registration: Registration
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class RefusedRequest:
    """The latest refused authorization request."""

    at: str
    client: str
    callback: str
    reason: str


class OAuthClients:
    """Service for OAuth clients."""

    def __init__(self, clients: Clients, database: Database, clock: Clock) -> None:
        self._clients, self._database, self._clock = clients, database, clock
        self.refused: RefusedRequest | None = None

    async def create(
        self,
        name: str,
        scopes: frozenset[str],
        policies: Mapping[str, Policy],
        rate: str | None = None,
        redirect_uris: Collection[str] = (),
    ) -> tuple[Client, ClientCredentials]:
        """Create a client without a key, and its OAuth credentials, of which the secret is not stored."""
        client, credentials = self._clients.prepare(name, scopes, policies, rate), new_credentials()
        await self._clients.write(add_both, client, self._own(client, credentials, check_own(redirect_uris)))
        return client, credentials

    async def renew(self, name: str, redirect_uris: Collection[str] | None = None) -> tuple[Client, ClientCredentials]:
        """Replace a client's OAuth credentials and end its grants. `redirect_uris`: None keeps them."""
        client, credentials = await self._clients.show(name), new_credentials()
        registration = self._own(client, credentials, check_own(redirect_uris or ()))
        replace = partial(store.replace_registration, keep_redirects=redirect_uris is None)
        await self._clients.write(replace, registration, registration.created_at)
        return client, credentials

    async def change_callbacks(self, name: str, redirect_uris: Collection[str]) -> Client:
        """Replace the redirect_uris of a client that the person created; its grants stay."""
        client = await self._clients.show(name)
        if not await self._clients.write(store.replace_redirects, client.id, check_own(redirect_uris)):
            raise Conflict(f"The redirect URLs of {name!r} cannot be set here.")
        return client

    async def read(self) -> dict[str, OAuthClient]:
        """Read the OAuth clients that the person let in, by the id of the Deskhand client."""
        return await self._database.read(read_oauth_clients, self._clock.now().isoformat())

    async def end_grant(self, name: str, grant_id: str) -> None:
        """Revoke a grant of a client. Raises NotFound."""
        oauth_client = (await self.read()).get((await self._clients.show(name)).id)
        if oauth_client is None or grant_id not in {grant.id for grant in oauth_client.grants}:
            raise NotFound("There is no such sign-in any more.")
        now = self._clock.now().isoformat()
        await self._clients.write(store.end_grant, grant_id, now, "You signed it out.")

    async def add_openai(self, credentials: ClientCredentials, scopes: frozenset[str]) -> None:
        """Create the client whose credentials are in the environment, unless there is or was one with this id."""
        existing = await self._database.read(store.find_registration, credentials.client_id, revoked=True)
        if existing:
            if not is_same(credentials.client_secret, existing.secret_hash):
                log.warning("OPENAI_CLIENT_SECRET is not the secret that is kept for OPENAI_CLIENT_ID, which stays in force.")
            return
        client = self._clients.prepare(OPENAI, scopes, {})
        registration = self._own(client, credentials, ())
        await self._clients.write(lambda connection: add_both(connection, with_free_name(connection, client), registration))

    def _own(self, client: Client, credentials: ClientCredentials, redirect_uris: tuple[str, ...]) -> Registration:
        return Registration(
            id=credentials.client_id,
            kind=Kind.own,
            name=client.name,
            redirect_uris=redirect_uris,
            secret_hash=digest(credentials.client_secret),
            client=client.id,
            created_at=self._clock.now().isoformat(),
        )


def new_credentials() -> ClientCredentials:
    """Generate an id and a secret."""
    return ClientCredentials(new_id(), new_secret(CLIENT_SECRET))


def add_both(connection: Connection, client: Client, registration: Registration) -> None:
    """Add a client and its OAuth registration, in one transaction."""
    add_client(connection, client)
    store.add_registration(connection, registration)


def read_oauth_clients(connection: Connection, now: str) -> dict[str, OAuthClient]:
    """Read the OAuth clients with their grants, by the id of the Deskhand client."""
    grants = [to_grant(row) for row in read_rows(connection, store.HELD_GRANTS, now=now)]
    return {
        registration.client: OAuthClient(registration, tuple(grant for grant in grants if grant.oauth_client == registration.id))
        for registration in store.read_registrations(connection)
        if registration.client
    }
