"""Authentication: which client sends a request."""

from dataclasses import dataclass

from starlette.datastructures import Headers

from server.access.clients.client import Client
from server.access.clients.registry import Clients
from server.access.clients.usage import Usage
from server.access.oauth.metadata import challenge
from server.core.errors import NotAuthenticated
from server.http.addresses import Address


@dataclass(frozen=True)
class Authenticator:
    """Finds clients by their keys and tokens."""

    clients: Clients
    usage: Usage
    address: Address

    async def authenticate_request(self, headers: Headers, resource: str = "", scope: str = "") -> Client:
        """Find the client of a request, and record that it called. Raises NotAuthenticated, whose challenge names the metadata.

        `resource`: "/mcp" for the tools, whose tokens open nothing else. `scope`: the one that is needed, if any.
        """
        try:
            client = self._authenticate(headers, resource)
        except NotAuthenticated as error:
            error.challenge = challenge(self.address.public, resource, scope, wrong=bool(read_keys(headers)))
            raise
        await self.usage.record(client.id, headers.get("host", ""), client.grant)
        return client

    def _authenticate(self, headers: Headers, resource: str) -> Client:
        """Find the client by its key or its token, in whichever header it is sent. Raises NotAuthenticated."""
        keys = read_keys(headers)
        if not keys:
            raise NotAuthenticated
        if len(keys) > 1:
            raise NotAuthenticated("This request carries two different keys. Send one.")
        client = self.clients.find(keys.pop(), resource)
        if client is None:
            raise NotAuthenticated(
                "This key is not known here, or it has been ended. Make one in Deskhand's window, under Access, or sign in again."
            )
        return client


def read_keys(headers: Headers) -> set[str]:
    """Collect the keys that a request carries: `X-API-Key`, `Authorization: Bearer` or `Authorization: ApiKey`."""
    keys = set(headers.getlist("x-api-key"))
    for value in headers.getlist("authorization"):
        kind, _, key = value.strip().partition(" ")
        if kind.lower() in {"bearer", "apikey"}:
            keys.add(key.strip())
    return keys - {""}
