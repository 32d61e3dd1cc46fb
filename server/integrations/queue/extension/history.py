"""Imports of the person's own history by a paired extension: its conversations are taken while the person has ordered that."""

from dataclasses import dataclass

from server.core.errors import Forbidden, NotFound
from server.integrations.queue.extension.messages import History, ImportProgress
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.store import extensions as store
from server.sdk.context import Context
from server.sdk.history_import import HistoryImport

NO_ARCHIVE = "The archive of conversations is not available."
NOT_ORDERED = "No import of the history by this browser has been started in Deskhand, or it is over."
NOT_PAIRED = "There is no such extension. A program with a key of its own cannot import the history."


@dataclass(frozen=True)
class HistoryImports:
    """The orders, by the ids of extensions. They are stored, as an import may take days."""

    context: Context

    async def order(self, extension_id: str) -> None:
        """Take conversations of an extension from now on. Raises NotFound if it is not paired."""
        if not await self._change(extension_id, imports=True):
            raise NotFound(NOT_PAIRED)

    async def end(self, extension_id: str) -> None:
        """Take none any more."""
        await self._change(extension_id, imports=False)

    async def take(self, worker_id: str, history: History) -> None:
        """Take conversations into the archive. Raises Forbidden if that is not ordered, Unavailable if there is no archive."""
        extension = await self.context.database.read(store.find_extension, worker_id)
        if not extension or not extension["imports"]:
            raise Forbidden(NOT_ORDERED)
        archive = self.context.offers.require(HistoryImport, NO_ARCHIVE)
        await archive.take(history.conversations, last=history.done)
        if history.done:
            await self.end(worker_id)

    async def note(self, worker: Worker, progress: ImportProgress) -> None:
        """Note how far an import is. The person may have stopped it in the browser."""
        worker.history = None if progress.stopped else progress
        if progress.stopped:
            await self.end(worker.id)

    async def _change(self, extension_id: str, *, imports: bool) -> bool:
        return await self.context.database.write(store.change_extension, extension_id, {"imports": imports})
