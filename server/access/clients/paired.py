"""Clients of programs that were paired: made with their key, and with the origin that may call."""

import re
import unicodedata
from dataclasses import replace

from server.access.clients import store
from server.access.clients.registry import Clients, make_key
from server.access.origins import SECTION, OriginSettings
from server.core.credentials import digest
from server.core.events import Events
from server.sdk.paired_clients import PairedClients
from server.storage.settings import Settings

LONGEST_NAME = 30  # a number may follow it
FALLBACK = "paired"


class ClientPairing(PairedClients):
    """Makes and revokes clients. Origins are added to those that the person has listed."""

    def __init__(self, clients: Clients, settings: Settings, events: Events) -> None:
        self._clients, self._settings, self._events = clients, settings, events

    async def pair(self, name: str, scope: str, origin: str = "") -> tuple[str, str]:
        hint, key = make_key()
        new = self._clients.prepare(make_name(name), frozenset({scope}), {})
        new = replace(new, key_hint=hint, key_created_at=new.created_at, key_hash=digest(key))
        await self._clients.write(lambda connection: store.add_client(connection, store.with_free_name(connection, new)))
        if origin:
            await self._list_origin(origin, listed=True)
        return new.id, key

    async def unpair(self, client_id: str, origin: str = "") -> None:
        await self._clients.end(client_id)
        if origin:
            await self._list_origin(origin, listed=False)

    async def _list_origin(self, origin: str, *, listed: bool) -> None:
        def change(settings: OriginSettings) -> OriginSettings:
            others = [other for other in settings.allowed if other != origin]
            return OriginSettings(allowed=[*others, origin] if listed else others)

        await self._settings.change(SECTION, OriginSettings, change)
        self._events.publish("origins")


def make_name(text: str) -> str:
    """Make a client's name of any text."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:LONGEST_NAME].strip("-") or FALLBACK
