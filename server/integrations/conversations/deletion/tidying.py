"""Deletions that nobody orders: of old conversations, for good of deleted ones, at OpenAI, and of files without use."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from server.core.errors import Conflict, DeskhandError, InvalidInput, Unavailable
from server.integrations.conversations.adapter.protocol import OpenAIApi
from server.integrations.conversations.deletion.deletion import TOPIC, delete_live, read_hold
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.store import assets, deletion, import_runs, openai_deletions, search_index, tombstones
from server.sdk.context import Context
from server.storage.archive import ARCHIVE_FILE
from server.storage.database import Database

log = logging.getLogger(__name__)
TASK = "delete old conversations"
TIDY_SECONDS = 300.0
ORPHAN_SECONDS = 86_400.0  # between two looks at all files
UNUSED_SECONDS = 3_600.0  # that a file may wait for the row that refers to it
LOOKED_AT_ONCE = 500
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 60.0, 21_600.0  # until OpenAI is asked again
MOST_DOUBLINGS = 10


class Tidying:
    """`openai` returns the API of OpenAI itself, and raises SignInNeeded if it cannot be used."""

    def __init__(self, context: Context, files: AssetFiles, openai: Callable[[], OpenAIApi]) -> None:
        self._context, self._files, self._openai = context, files, openai
        self._looked_at: float | None = None

    async def tidy(self) -> None:
        """Delete what is older than its project keeps it, for good what can no longer be restored, and files without use."""
        databases = [self._context.database]
        if await asyncio.to_thread((self._context.folders.data / ARCHIVE_FILE).exists):
            databases.append(self._context.archive)
            with suppress(Unavailable):
                await self._merge_index(self._context.archive)
        for database in databases:
            with suppress(Unavailable):  # the archive's own problem
                await self._delete_old(database)
                await self._purge(database)
        await self._delete_at_openai()
        await self._remove_orphans()

    def repeat(self) -> "asyncio.Task[None]":
        """Tidy from now on."""
        return self._context.tasks.repeat(self.tidy, lambda: TIDY_SECONDS, name=TASK)

    async def _delete_old(self, database: Database) -> None:
        while chat_ids := await database.read(deletion.list_old, self._now()):
            for chat_id in chat_ids:
                with suppress(Conflict):
                    if database is self._context.database:
                        await database.write(delete_live, chat_id, self._now(), read_hold(self._context))
                    else:
                        await database.write(tombstones.remove, chat_id, self._now())
            self._context.events.publish(TOPIC)
            if chat_ids == await database.read(deletion.list_old, self._now()):
                return  # all of them are being answered

    async def _merge_index(self, archive: Database) -> None:
        """Merge what imports have indexed in parts, unless one is at work."""
        while not await archive.read(import_runs.list_unfinished) and await archive.write(search_index.merge):
            pass

    async def _purge(self, database: Database) -> None:
        purge = tombstones.purge if database is self._context.archive else deletion.purge
        while True:
            count, digests = await database.write(purge, self._now() - read_hold(self._context))
            await self._remove_unused(digests)
            if not count:
                return

    async def _remove_orphans(self) -> None:
        """Remove the files that nothing refers to, such as those of an import that was killed."""
        now = self._context.clock.monotonic()
        if self._looked_at is not None and now - self._looked_at < ORPHAN_SECONDS:
            return
        digests = await asyncio.to_thread(lambda: list(self._files.list_old(UNUSED_SECONDS)))
        for start in range(0, len(digests), LOOKED_AT_ONCE):
            await self._remove_unused(digests[start : start + LOOKED_AT_ONCE])
        self._looked_at = now

    async def _remove_unused(self, digests: list[str]) -> None:
        if not digests:
            return
        try:
            used = await self._context.database.read(assets.list_used, digests)
            used |= await self._context.archive.read(assets.list_used, digests)
        except Unavailable:
            return  # what the archive refers to is not known
        await asyncio.to_thread(self._files.remove_old, [digest for digest in digests if digest not in used], UNUSED_SECONDS)

    async def _delete_at_openai(self) -> None:
        for order in await self._context.database.read(openai_deletions.list_due, self._now()):
            try:
                await self._openai().delete_conversation(order.thread_id)
            except InvalidInput as error:
                log.warning("OpenAI refuses to delete a conversation: %s", error.detail)
            except DeskhandError as error:
                at = self._now() + min(FIRST_RETRY_SECONDS * 2 ** min(order.attempts, MOST_DOUBLINGS), LONGEST_RETRY_SECONDS)
                await self._context.database.write(openai_deletions.postpone, order.thread_id, at, error.detail)
                continue
            await self._context.database.write(openai_deletions.finish, order.thread_id)

    def _now(self) -> float:
        return self._context.clock.now().timestamp()
