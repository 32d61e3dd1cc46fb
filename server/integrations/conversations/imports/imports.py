"""Imports of exports: each is previewed, started, cancelled and undone by the person, and goes on after a stop or a crash."""

import asyncio
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from server.integrations.conversations.imports.failures import Failures
from server.integrations.conversations.imports.job import EVENT_TYPES, SCRATCH, TOPIC, ImportJob
from server.integrations.conversations.imports.models import Import, ImportProgress, Memory, Selection, State, Work
from server.integrations.conversations.imports.views import iso, view
from server.integrations.conversations.store import import_runs
from server.sdk.context import Context
from server.sdk.uploads import remove_upload, remove_uploads
from server.storage.archive import ARCHIVE_FILE

SHOWN = 100  # imports in the list
LONGEST_WAIT = 30.0  # seconds
TASK = "import a history"
NO_PATH = "There is no file or folder at {path}."
NO_IMPORT = "There is no such import."
NOT_READY = "This import cannot be started now."
NOT_RUNNING = "This import is not running."
NOT_DONE = "Only an import that has ended can be undone."
UNDONE = "This import was undone already."
LATER_FIRST = "A later import, {name}, has updated some of the same conversations. Undo that one first."
NO_PREVIEW = "Only an import that has not begun can be removed."
ENDED = (State.done, State.cancelled, State.failed)
log = logging.getLogger(__name__)


class Imports:
    """All imports. They run one after the other."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._turn = asyncio.Lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._progress: dict[int, ImportProgress] = {}
        self._failures = Failures(context)
        context.webhooks.offer(EVENT_TYPES)

    async def resume(self) -> None:
        """Go on with what a stop has interrupted. Without an archive there is nothing."""
        folders, rows = self.context.folders, list[import_runs.Row]()
        if (folders.data / ARCHIVE_FILE).exists():
            try:
                rows = await self.context.archive.read(import_runs.list_unfinished)
            except Unavailable as error:  # health and search say so
                log.warning("Imports are not continued: %s", error.detail)
                return
        await asyncio.to_thread(remove_uploads, folders, [Path(row["path"]) for row in rows])
        await asyncio.to_thread(shutil.rmtree, folders.data / SCRATCH, ignore_errors=True)
        for row in rows:
            self._begin(row["id"])

    async def create(self, path: str, *, start: bool = False, upload_name: str = "", include_deleted: bool = False) -> Import:
        """Look at an export, or import it at once. One that is being imported already is not begun again.

        `upload_name`: the name of an uploaded file, which is removed afterwards. `include_deleted`: conversations that were
        deleted here come back. Raises NotFound, InvalidInput.
        """
        source = expand(path)
        if not source.is_absolute():
            raise InvalidInput("Give the whole path of the export.")
        if not await asyncio.to_thread(exists, source):
            raise NotFound(NO_PATH.format(path=source))
        if row := await self.context.archive.read(import_runs.find_open, str(source)):
            return await self._continue(row, start=start, include_deleted=include_deleted)
        now = self._now()
        state, job = (State.running, Work.run) if start else (State.previewing, Work.preview)
        values: dict[str, Any] = {"path": str(source), "is_upload": bool(upload_name), "state": state, "job": job}
        values |= {"name": upload_name or source.name, "created_at": now, "started_at": now if start else None}
        values |= {"include_deleted": include_deleted}
        run_id = await self.context.archive.write(import_runs.create, values)
        self._begin(run_id)
        return await self.read(run_id)

    async def _continue(self, row: import_runs.Row, *, start: bool, include_deleted: bool) -> Import:
        if start and row["state"] == State.previewing:
            await self._stop(row["id"])
        if start and row["state"] in {State.previewing, State.ready}:
            return await self.start(row["id"], Selection(years=None, projects=None, include_deleted=include_deleted))
        return await self.read(row["id"])

    async def list_all(self) -> list[Import]:
        """List imports, the newest first."""
        return [self._view(row) for row in await self.context.archive.read(import_runs.list_newest, SHOWN)]

    async def read(self, run_id: int) -> Import:
        """Read an import. Raises NotFound."""
        return self._view(await self._row(run_id))

    async def wait(self, run_id: int, seconds: float) -> Import:
        """Wait until an import is ready or has ended, at most so long."""
        if task := self._tasks.get(run_id):
            await asyncio.wait([task], timeout=min(seconds, LONGEST_WAIT))
        return await self.read(run_id)

    async def start(self, run_id: int, selection: Selection) -> Import:
        """Import what is selected of a previewed export. Raises Conflict if it is not ready."""
        await self._row(run_id)
        values = {
            "state": State.running,
            "job": Work.run,
            "started_at": self._now(),
            "years": dump(selection.years),
            "projects": dump(selection.projects),
            "include_deleted": selection.include_deleted,
        }
        if not await self._change(run_id, values, State.ready, State.previewing):
            raise Conflict(NOT_READY)
        self._begin(run_id)
        return await self.read(run_id)

    async def cancel(self, run_id: int) -> Import:
        """Stop an import. What it stored stays until it is undone. Raises Conflict if it is not running."""
        row = await self._row(run_id)
        if row["state"] not in {State.previewing, State.running} or row["job"] == Work.undo:
            raise Conflict(NOT_RUNNING)
        await self._stop(run_id)
        values: dict[str, Any] = {"state": State.cancelled, "ended_at": self._now()}
        if row["job"] == Work.run:
            values["report"] = json.dumps(await self.context.archive.read(import_runs.report, run_id))
        await self._change(run_id, values, State.previewing, State.running)
        await asyncio.to_thread(remove_upload, self.context.folders, Path(row["path"]))
        return await self.read(run_id)

    async def undo(self, run_id: int) -> Import:
        """Undo everything that an import did. Raises Conflict while it runs, or if a later one builds on it."""
        if (await self._row(run_id))["state"] == State.undone:
            raise Conflict(UNDONE)
        if name := await self.context.archive.read(import_runs.find_later, run_id):
            raise Conflict(LATER_FIRST.format(name=name))
        if not await self._change(run_id, {"state": State.running, "job": Work.undo}, *ENDED):
            raise Conflict(NOT_DONE)
        self._begin(run_id)
        return await self.read(run_id)

    async def remove(self, run_id: int) -> None:
        """Remove an import that has not begun. Raises Conflict if it has."""
        row = await self._row(run_id)
        if row["job"] != Work.preview:
            raise Conflict(NO_PREVIEW)
        await self._stop(run_id)
        await self.context.archive.write(import_runs.forget, run_id)
        await asyncio.to_thread(remove_upload, self.context.folders, Path(row["path"]))
        self.context.events.publish(TOPIC)

    async def list_memories(self) -> list[Memory]:
        """List what exports held besides conversations."""
        rows = await self.context.archive.read(import_runs.list_memories)
        return [Memory.model_validate({**row, "created_at": iso(row["created_at"])}) for row in rows]

    def _begin(self, run_id: int) -> None:
        self._tasks[run_id] = task = self.context.tasks.start(self._work(run_id), name=TASK)
        task.add_done_callback(lambda _: self._tasks.pop(run_id, None) if self._tasks.get(run_id) is task else None)
        self.context.events.publish(TOPIC)

    async def _work(self, run_id: int) -> None:
        try:
            async with self._turn:
                if row := await self.context.archive.read(import_runs.read, run_id):
                    job = ImportJob(self.context, row, lambda progress: self._report(run_id, progress))
                    if error := await job.run():
                        await self._failures.record(run_id, job, error)
        finally:
            self._progress.pop(run_id, None)
            self.context.events.publish(TOPIC)

    def _report(self, run_id: int, progress: ImportProgress) -> None:
        self._progress[run_id] = progress
        self.context.events.publish(TOPIC)

    async def _stop(self, run_id: int) -> None:
        """Stop the task of an import, and wait until it has."""
        if task := self._tasks.pop(run_id, None):
            task.cancel()
            await asyncio.wait([task])

    async def _row(self, run_id: int) -> import_runs.Row:
        row = await self.context.archive.read(import_runs.read, run_id)
        if row is None:
            raise NotFound(NO_IMPORT)
        return row

    async def _change(self, run_id: int, values: dict[str, Any], *states: State) -> bool:
        changed = await self.context.archive.write(import_runs.set_values, run_id, values, only_in=states)
        self.context.events.publish(TOPIC)
        return changed

    def _view(self, row: import_runs.Row) -> Import:
        return view(self._failures.show(row), self._progress.get(row["id"]))

    def _now(self) -> float:
        return self.context.clock.now().timestamp()


def expand(path: str) -> Path:
    """Expand ~ in a path. Raises NotFound if there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise NotFound(NO_PATH.format(path=path)) from None


def exists(path: Path) -> bool:
    """Return whether there is something at a path. A name that no file can have is that of none."""
    try:
        return path.exists()
    except OSError:
        return False


def dump(values: Sequence[int] | Sequence[str] | None) -> str:
    """Write a selection down; empty: everything."""
    return "" if values is None else json.dumps(list(values))
