"""Imports that fail while that cannot be stored."""

import pytest

from server.core.errors import Unavailable
from server.integrations.conversations.imports import job
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.models import Report, State
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.store import import_runs
from tests.server.integrations.conversations.import_setup import CHATS, import_all, write
from tests.server.integrations.conversations.live_setup import until

pytestmark = pytest.mark.anyio
FULL = "The disk is full."
QUICK, LONG = ConversationsSettings(retry_seconds=0.01), 10_000


class Disk:
    """The store of imports on a disk that may be full."""

    def __init__(self) -> None:
        self.is_full = True
        self.store_batch, self.set_values = import_runs.store_batch, import_runs.set_values

    def guard(self, name):
        def guarded(*arguments, **options):
            if self.is_full:
                raise Unavailable(FULL)
            return getattr(self, name)(*arguments, **options)

        return guarded


@pytest.fixture
async def disk(shelf, monkeypatch):
    disk = Disk()
    for name in ("store_batch", "set_values"):
        monkeypatch.setattr(job.import_runs, name, disk.guard(name))
    await shelf.context.settings.write("conversations", QUICK)
    return disk


async def read_stored(shelf, run_id):
    row = await shelf.context.archive.read(import_runs.read, run_id)
    return row and row["state"]


async def test_failure_is_shown_at_once_and_recorded_as_soon_as_it_can_be(shelf, disk, tmp_path):
    imports = Imports(shelf.context)
    current = await import_all(imports, write(tmp_path, *CHATS))
    assert (current.state, current.error, current.progress) == (State.failed, FULL, None)
    assert (await imports.list_all())[0].state is State.failed
    assert await read_stored(shelf, current.id) == State.running
    disk.is_full = False
    assert await until(lambda: is_stored(shelf, current.id, State.failed))
    assert (await imports.read(current.id)).report == Report()


async def is_stored(shelf, run_id, state):
    return await read_stored(shelf, run_id) == state


async def test_next_start_ends_it(shelf, disk, tmp_path):
    await shelf.context.settings.write("conversations", ConversationsSettings(retry_seconds=LONG))
    current = await import_all(Imports(shelf.context), write(tmp_path, *CHATS))
    await shelf.context.settings.write("conversations", QUICK)
    again = Imports(shelf.context)  # as after a crash
    await again.resume()
    assert (await again.wait(current.id, 30)).state is State.failed
    disk.is_full = False
    assert await until(lambda: is_stored(shelf, current.id, State.failed))


async def test_failure_whose_report_cannot_be_made_is_recorded(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(job.import_runs, "store_batch", Disk().guard("store_batch"))
    monkeypatch.setattr(job.import_runs, "report", lambda *_: 1 / 0)
    imports = Imports(shelf.context)
    current = await imports.wait((await imports.create(write(tmp_path, *CHATS), start=True)).id, 30)
    assert (current.state, current.report) == (State.failed, None)


async def test_cancelled_import_does_not_become_a_failed_one(shelf, disk, tmp_path):
    imports = Imports(shelf.context)
    current = await import_all(imports, write(tmp_path, *CHATS))
    await shelf.context.archive.write(disk.set_values, current.id, {"state": State.cancelled})
    disk.is_full = False
    assert await until(lambda: is_settled(imports))
    assert (await imports.read(current.id)).state is State.cancelled


async def is_settled(imports):
    return not imports._failures._errors
