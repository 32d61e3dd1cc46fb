"""Clients of a restored backup: they are revoked until the person accepts each. Those that sign in have to do that again."""

import json

from server.access.clients.client import Client
from server.core.errors import NotFound
from server.runtime.state import State
from server.sdk.integration import Difference
from server.storage.restored import SECTION, Restored, make_id


class RestoredClients:
    """Clients that the latest restore revoked."""

    def __init__(self, state: State) -> None:
        self._clients, self._settings = state.clients, state.context.settings

    async def list_differences(self) -> list[Difference]:
        """List the clients that could be valid again."""
        return [describe(client) for client in await self._list()]

    async def accept(self, difference_id: str) -> None:
        """Make a client valid again, with its key. Raises NotFound and InvalidInput, and Conflict if its name is in use."""
        client = await self._find(difference_id)
        await self._clients.reinstate_restored(client)

    async def discard(self, difference_id: str) -> None:
        """Leave a client revoked. Raises NotFound."""
        client = await self._find(difference_id)

        def remember(restored: Restored) -> Restored:
            return restored.model_copy(update={"discarded": [*restored.discarded, client.id]})

        await self._settings.change(SECTION, Restored, remember)

    async def _list(self) -> list[Client]:
        restored = self._settings.read(SECTION, Restored)
        if not restored.at:
            return []
        return [
            client
            for client in await self._clients.list()
            if client.revoked_at == restored.at and not client.signs_in and client.id not in restored.discarded
        ]

    async def _find(self, difference_id: str) -> Client:
        for client in await self._list():
            if describe(client).id == difference_id:
                return client
        raise NotFound("There is no such client in the restored backup.")


def describe(client: Client) -> Difference:
    """Describe a client with all that it may do."""
    policies = {name: str(policy) for name, policy in sorted(client.policies.items())}
    lines = [
        f"Permissions: {', '.join(sorted(client.scopes)) or 'none'}",
        *(f"{name}: {policy}" for name, policy in policies.items()),
        f"Rate limit: {client.rate or 'the usual one'}",
        f"Key: {client.key_hint}…",
    ]
    parts = (client.id, client.name, sorted(client.scopes), json.dumps(policies), client.rate, client.key_hash.hex())
    return Difference(make_id("client", *parts), f"Client: {client.name}", "revoked", "\n".join(lines))
