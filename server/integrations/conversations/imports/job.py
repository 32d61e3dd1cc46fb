"""The work of one import: its preview, its run or its undoing."""

import asyncio
import gc
import hashlib
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from server.core.errors import DeskhandError, Unavailable
from server.integrations.conversations.history.records import EndRecord, Job, PreviewRecord, ProgressRecord
from server.integrations.conversations.imports.models import (
    DeletedCount,
    ImportProgress,
    Preview,
    ProjectCount,
    Report,
    State,
    Work,
    YearCount,
)
from server.integrations.conversations.imports.reading_process import Stored, read_export
from server.integrations.conversations.store import import_runs
from server.integrations.conversations.store.reading import list_own
from server.integrations.conversations.store.search_index import defer_merging
from server.integrations.conversations.store.tombstones import list_all_deleted
from server.sdk.context import Context
from server.sdk.uploads import remove_upload

SMALLEST_BATCH, FIRST_BATCH, LARGEST_BATCH = 512 * 1024, 1024 * 1024, 8 * 1024 * 1024  # bytes of records
BATCH_SECONDS = 0.1  # of the writer's time for one transaction, about which others may wait
PROGRESS_SECONDS = 0.5
SWITCH_SECONDS = 0.0005  # after which the writer's thread lets the event loop run, instead of Python's 5 ms
WEBHOOK = "import.completed"
EVENT_TYPES = {WEBHOOK: "An import of a history has ended"}
TOPIC = "imports"
ACTIVE = (State.previewing, State.running)
SCRATCH = "unpacked"  # folder in the data directory of what is unpacked during an import
MISTAKE = "Deskhand made a mistake with this export. Its log says more."
NOTHING_NEW = "Nothing was imported: none of the {failed} conversations could be read."
BRING_BACK = "import again with “Include deleted conversations” (--include-deleted)"
NOTHING_BACK = "Nothing was imported, as you deleted these conversations here. To bring them back, {how}."
NO_MESSAGES = "Skipped, because they hold no messages: {count}."
STILL_DELETED = "Skipped, because you deleted them here: {count}. To bring them back, {how}."
NO_PROJECT = "No project"
NOTHING_SELECTED = "Nothing was imported: no conversation with messages was selected."


log = logging.getLogger(__name__)


class Batch:
    """Records that wait to be stored; their size follows from how long the last ones took."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self._size, self._limit = 0, FIRST_BATCH

    def add(self, data: bytes) -> bool:
        """Add a record. Return whether the batch is full."""
        self.frames.append(data)
        self._size += len(data)
        return self._size >= self._limit

    def take(self) -> list[bytes]:
        """Take the records."""
        frames, self.frames, self._size = self.frames, [], 0
        return frames

    def adapt(self, seconds: float) -> None:
        """Make the next batch larger or smaller, by the time of one."""
        factor = min(max(BATCH_SECONDS / max(seconds, 0.001), 0.5), 2.0)
        self._limit = int(min(max(self._limit * factor, SMALLEST_BATCH), LARGEST_BATCH))


class ImportJob:
    """One import at work."""

    def __init__(self, context: Context, row: Mapping[str, Any], report: Callable[[ImportProgress], None]) -> None:
        self._context, self._row, self._id, self._report_progress = context, row, int(row["id"]), report
        self._archive = context.archive
        self._batch, self._own = Batch(), set[str]()
        self._began, self._began_at, self._reported = time.monotonic(), -1, 0.0

    async def run(self) -> str:
        """Do what is to be done. Return why it failed, which `fail` records; empty if it did not."""
        works = {Work.preview: self._preview, Work.run: self._import, Work.undo: self._undo}
        try:
            await works[Work(self._row["job"])]()
        except DeskhandError as error:
            return error.detail
        except OSError as error:
            return f"The export cannot be read ({error.strerror})."
        except Exception:
            log.exception("An import failed.")
            return MISTAKE
        return ""

    async def fail(self, error: str) -> None:
        """Record that it failed. Raises Unavailable if that cannot be stored now."""
        report: Report | None = None
        try:
            report = await self._report([])
        except DeskhandError:
            raise
        except Exception:
            log.exception("The report of an import cannot be made.")
        await self._end(State.failed, error=error, report=report)

    async def _preview(self) -> None:
        preview = Preview(total=0)
        deleted = await self._archive.read(list_all_deleted)
        async with aclosing(read_export(self._job(preview=True, deleted=deleted))) as items:
            async for item in items:
                if isinstance(item, PreviewRecord):
                    preview = make_preview(item)
                elif isinstance(item, ProgressRecord):
                    self._show(item)
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        await self._set({"state": State.ready, "preview": preview.model_dump_json()})

    async def _import(self) -> None:
        fingerprint = await asyncio.to_thread(fingerprint_of, Path(self._row["path"]))
        skip = self._row["position"]
        if fingerprint != self._row["fingerprint"]:
            await self._archive.write(import_runs.begin_again, self._id, fingerprint)
            skip = 0
        self._own = await self._context.database.read(list_own)
        notes: list[str] = []
        async with self._in_bulk(), aclosing(read_export(self._job(skip=skip))) as items:
            async for item in items:
                if isinstance(item, Stored):
                    if self._batch.add(item.data):
                        await self._flush()
                elif isinstance(item, EndRecord):
                    notes = item.notes
                elif isinstance(item, ProgressRecord):
                    self._show(item)
            await self._flush()
        report = await self._report(notes) or Report()
        error = describe_nothing(report, await self._archive.read(import_runs.count_deleted, self._id))
        await self._end(State.failed if error else State.done, error=error, report=report)

    @asynccontextmanager
    async def _in_bulk(self) -> AsyncGenerator[None]:
        """Prepare this process and the archive for many batches; afterwards all of them are stored, or have failed.

        A stop meanwhile does no harm: the import goes on at the next start.
        """
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            await self._archive.write(defer_merging, deferred=True)
            yield
        finally:
            sys.setswitchinterval(interval)
            with suppress(Unavailable):
                await self._archive.write(defer_merging, deferred=False)

    async def _flush(self) -> None:
        """Store the batch. The next one is made meanwhile, by the reading process: this one leaves Python to the writer."""
        frames = self._batch.take()
        if not frames:
            return
        gc.disable()  # a batch has no reference cycles, and looking for them takes a tenth of its time
        try:
            self._batch.adapt(await self._archive.write(import_runs.store_batch, self._id, frames, self._own))
        finally:
            gc.enable()

    async def _undo(self) -> None:
        while await self._archive.write(import_runs.undo_some, self._id):
            self._report_progress(ImportProgress())
        await self._end(State.undone)

    async def _report(self, notes: list[str]) -> Report | None:
        if self._row["job"] != Work.run:
            return None
        report = await self._archive.read(import_runs.report, self._id)
        deleted = await self._archive.read(import_runs.count_deleted, self._id)
        empty = 0 if self._row["years"] or self._row["projects"] else report["skipped"] - deleted
        notes = [*notes, *([NO_MESSAGES.format(count=empty)] if empty else [])]
        if deleted:
            notes.append(STILL_DELETED.format(count=deleted, how=BRING_BACK))
        return Report.model_validate({**report, "notes": notes})

    async def _end(self, state: State, *, error: str = "", report: Report | None = None) -> None:
        values: dict[str, Any] = {"state": state, "error": error, "ended_at": self._context.clock.now().timestamp()}
        if report:
            values["report"] = report.model_dump_json()
            if state == State.done:
                await self._emit(report)
        await self._set(values, *ACTIVE)
        self._context.events.publish("conversations")
        if self._row["job"] == Work.run:
            await asyncio.to_thread(self._clean)

    async def _emit(self, report: Report) -> None:
        """Store the event for webhooks, once, however often the end of an import is reached."""
        outbox, data = self._context.webhooks, {"id": self._id, "name": self._row["name"], **json.loads(report.model_dump_json())}
        message_id = f"msg_import_{self._id}_{int(self._row['created_at'])}"
        await self._context.database.write(lambda connection: outbox.emit(connection, WEBHOOK, data, message_id=message_id))

    async def _set(self, values: Mapping[str, Any], *only_in: State) -> None:
        await self._archive.write(import_runs.set_values, self._id, values, only_in=only_in)
        self._context.events.publish(TOPIC)

    def _clean(self) -> None:
        """Remove what was uploaded or unpacked for this import."""
        remove_upload(self._context.folders, Path(self._row["path"]))
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def _scratch(self) -> Path:
        return self._context.folders.data / SCRATCH / str(self._id)

    def _job(self, *, preview: bool = False, skip: int = 0, deleted: Sequence[str] = ()) -> Job:
        return Job(
            path=self._row["path"],
            scratch=str(self._scratch),
            data="" if preview else str(self._context.folders.data),
            preview=preview,
            skip=skip,
            years=tuple(json.loads(self._row["years"])) if self._row["years"] else None,
            projects=tuple(json.loads(self._row["projects"])) if self._row["projects"] else None,
            deleted=tuple(deleted),
        )

    def _show(self, record: ProgressRecord) -> None:
        """Show the progress, not too often."""
        now = time.monotonic()
        if self._began_at < 0:
            self._began, self._began_at = now, record.done
        if now - self._reported < PROGRESS_SECONDS:
            return
        self._reported = now
        done = record.done - self._began_at
        left = (record.size - record.done) * (now - self._began) / done if done > 0 else None
        total = json.loads(self._row["preview"])["total"] if self._row["preview"] else 0
        progress = ImportProgress(
            done=record.position,
            total=total,
            bytes=record.done,
            bytes_total=record.size,
            seconds_left=None if left is None else round(left),
        )
        self._report_progress(progress)


def make_preview(record: PreviewRecord) -> Preview:
    """Make the preview as the person sees it."""
    return Preview(
        total=record.total,
        years=[YearCount(year=year, count=count) for year, count in record.years],
        projects=[
            ProjectCount(id=key, name=name or (import_runs.nameless(key) if key else NO_PROJECT), count=count)
            for key, name, count in record.projects
        ],
        attachments=record.attachments,
        other=record.other,
        deleted=[DeletedCount(year=year, project=project, count=count) for year, project, count in record.deleted],
    )


def describe_nothing(report: Report, deleted: int = 0) -> str:
    """Say why nothing was imported; empty if something was, or was there already."""
    if report.imported or report.updated or report.unchanged:
        return ""
    if report.failed:
        return NOTHING_NEW.format(failed=len(report.failed))
    return NOTHING_BACK.format(how=BRING_BACK) if deleted else NOTHING_SELECTED


def fingerprint_of(path: Path) -> str:
    """Compute a fingerprint of an export, by which it is known not to have changed. Blocking."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.blake2b(digest_size=16)
    for each in paths:
        stat = each.lstat()
        digest.update(os.fsencode(each) + f"\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
