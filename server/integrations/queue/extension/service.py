"""The extensions of a running queue: their connections, dispatch, pairing and registry."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

from server.core.errors import Conflict
from server.core.version import read_version
from server.integrations.queue.extension.channel import Channel
from server.integrations.queue.extension.dispatch import Dispatcher
from server.integrations.queue.extension.history import HistoryImports
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.extension.pairing import Pairing
from server.integrations.queue.extension.registry import Registry
from server.integrations.queue.extension.requests import write_hello
from server.integrations.queue.extension.session import Session
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.extension_files import read_manifest
from server.integrations.queue.models import Lane
from server.integrations.queue.queue import Queue
from server.sdk.context import Context

ImportAction = Literal["pause", "resume", "stop"]
NOT_CONNECTED = "This extension is not connected. Open its browser."


class Extensions:
    """Extensions and programs that take prompts."""

    def __init__(self, context: Context, queue: Queue, limits: SocketLimits | None = None) -> None:
        self.context, self.queue = context, queue
        self.limits = limits or SocketLimits()
        self.hub = Hub()
        self.registry = Registry(context, self.hub)
        self.history = HistoryImports(context)
        self.pairing = Pairing(context, self.registry)
        self.dispatcher = Dispatcher(queue, self.hub, context.clock, self.limits)

    @property
    def wanted_version(self) -> str:
        """The version of the extension that this Deskhand contains."""
        return read_manifest().version

    def origins(self) -> Collection[str]:
        """List the origins that may connect."""
        return self.registry.origins

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Dispatch while the block runs. Leases of the last run are lost first: their connections ended with it."""
        context, limits = self.context, self.limits
        await self.registry.load()
        for worker_id in {lease.prompt.worker for lease in await self.queue.list_held() if lease.prompt.lane is Lane.browser}:
            await self.queue.lose(worker_id or "")
        context.approval_requests.add(self.pairing)
        tasks = (
            context.tasks.repeat(self.dispatcher.run, lambda: limits.expiry_seconds, name="hand prompts to the browser"),
            context.tasks.repeat(
                self.dispatcher.check_leases, lambda: limits.expiry_seconds, name="end the leases of silent browsers"
            ),
        )
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def work(self, channel: Channel, worker: Worker, first: str | None) -> None:
        """Include a worker until its connection ends; then its leases are lost, also at a stop."""
        session = Session(self.queue, channel, worker, self.context.clock, self.limits, self.dispatcher.wake, self.history)
        worker.connected_at = worker.last_seen = self.context.clock.now()
        async with self.hub.connected(session):
            try:
                if not worker.seed:
                    channel.send(write_hello(read_version(), self.wanted_version, self.limits.heartbeat_seconds))
                self._report_change()
                await session.converse(first)
            finally:
                session.closed = True
                await self.context.tasks.complete(self._end(worker), name="record that a browser is gone")

    async def _end(self, worker: Worker) -> None:
        await self.queue.lose(worker.id)
        await self.registry.save(worker)
        self._report_change()

    def _report_change(self) -> None:
        self.queue.changes.publish()

    async def start_self_test(self, extension_id: str) -> None:
        """Request a self-test of an extension's page. Raises Conflict if it is not connected."""
        self._tell(extension_id, {"type": "self_test"})

    async def start_import(self, extension_id: str, since: datetime | None, cursor: str | None) -> None:
        """Start the import of the person's history by an extension, or resume it.

        Raises Conflict if it is not connected, NotFound if it is not paired.
        """
        self._require(extension_id)
        await self.history.order(extension_id)
        self._tell(extension_id, {"type": "import_history", "since": since and since.isoformat(), "cursor": cursor})

    async def control_import(self, extension_id: str, action: ImportAction) -> None:
        """Pause, resume or stop the import by an extension, which reports it. Raises Conflict if it is not connected."""
        if action == "stop":
            await self.history.end(extension_id)
        self._tell(extension_id, {"type": f"{action}_import"})

    def _tell(self, extension_id: str, message: dict[str, Any]) -> None:
        if not self._require(extension_id).channel.send(message):
            raise Conflict(NOT_CONNECTED)

    def _require(self, extension_id: str) -> Session:
        session = self.hub.find(extension_id)
        if session is None:
            raise Conflict(NOT_CONNECTED)
        return session

    async def remove(self, extension_id: str) -> None:
        """Revoke an extension's key and forget it. Raises NotFound."""
        extension = await self.registry.remove(extension_id)
        shared = extension.origin in self.registry.origins
        await self.context.paired_clients.unpair(extension.client_id, "" if shared else extension.origin)
        self._report_change()
