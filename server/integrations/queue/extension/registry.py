"""Paired extensions and their health, as they were last seen, and as they are while they are connected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.core.errors import NotFound
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.messages import ImportProgress, Page, SelfTest
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.store import extensions as store
from server.sdk.context import Context

UNKNOWN = "There is no such extension."


@dataclass(frozen=True)
class PairedExtension:
    """A paired extension. `page`, `self_test`: None until it has reported them. `last_seen`: seconds since 1970.

    `history`: its import of the person's history; None while it is not connected.
    """

    id: str
    name: str
    browser: str
    version: str
    origin: str
    client_id: str
    connected: bool
    paired_at: float
    last_seen: float | None
    capabilities: tuple[str, ...] = ()
    page: Page | None = None
    self_test: SelfTest | None = None
    history: ImportProgress | None = None


@dataclass
class Registry:
    """The paired extensions. Their origins are in memory, as every handshake is compared with them."""

    context: Context
    hub: Hub
    origins: frozenset[str] = field(default=frozenset())

    async def load(self) -> None:
        """Read the origins of the paired extensions."""
        rows = await self.context.database.read(store.list_extensions)
        self.origins = frozenset(row["origin"] for row in rows)

    async def list(self) -> "list[PairedExtension]":
        """List the paired extensions, oldest first."""
        return [self._describe(row) for row in await self.context.database.read(store.list_extensions)]

    async def find(self, extension_id: str) -> PairedExtension:
        """Find a paired extension. Raises NotFound."""
        row = await self.context.database.read(store.find_extension, extension_id)
        if row is None:
            raise NotFound(UNKNOWN)
        return self._describe(row)

    async def add(self, client_id: str, name: str, browser: str, origin: str) -> None:
        """Store a new extension under the id of its client."""
        empty = {"version": "", "capabilities": "[]", "page": "null", "self_test": "null", "last_seen": None}
        values = {"id": client_id, "client": client_id, "name": name, "browser": browser, "origin": origin}
        await self.context.database.write(
            store.add_extension, empty | values | {"paired_at": self.context.clock.now().timestamp()}
        )
        await self.load()

    async def remove(self, extension_id: str) -> PairedExtension:
        """Forget an extension. Raises NotFound."""
        extension = await self.find(extension_id)
        await self.context.database.write(store.remove_extension, extension_id)
        await self.load()
        return extension

    async def save(self, worker: Worker) -> None:
        """Store what an extension has reported; one that was not paired, a program, is not stored."""
        values = {
            "version": worker.version,
            "browser": worker.browser,
            "capabilities": json.dumps(sorted(worker.capabilities)),
            "page": worker.page.model_dump_json() if worker.page else "null",
            "self_test": worker.self_test.model_dump_json() if worker.self_test else "null",
            "last_seen": worker.last_seen.timestamp() if worker.last_seen else None,
        }
        await self.context.database.write(store.change_extension, worker.client_id, values)

    def _describe(self, row: Mapping[str, Any]) -> PairedExtension:
        session = self.hub.find(row["id"])
        worker = session.worker if session else None
        page, self_test = json.loads(row["page"]), json.loads(row["self_test"])
        return PairedExtension(
            id=row["id"],
            name=row["name"],
            browser=worker.browser if worker else row["browser"],
            version=worker.version if worker else row["version"],
            origin=row["origin"],
            client_id=row["client"],
            connected=worker is not None,
            paired_at=row["paired_at"],
            last_seen=worker.last_seen.timestamp() if worker and worker.last_seen else row["last_seen"],
            capabilities=tuple(sorted(worker.capabilities) if worker else json.loads(row["capabilities"])),
            page=worker.page if worker else page and Page.model_validate(page),
            self_test=worker.self_test if worker and worker.self_test else self_test and SelfTest.model_validate(self_test),
            history=worker.history if worker else None,
        )
