import pytest

from server.integrations.conversations.history.records import FailedRecord, MemoryRecord, ProjectRecord
from server.integrations.conversations.store import import_runs
from tests.history_exports import START, text, thread
from tests.server.integrations.conversations.exports import begin, frames, record

CHAT = thread("c", ("user", text("x")), gizmo_id="g-p-0123456789ab")


@pytest.fixture
def archive(shelf):
    return shelf.context.archive.write


async def names(archive):
    return await archive(
        lambda connection: [tuple(row) for row in connection.exec_driver_sql("SELECT id, name FROM chat_project")]
    )


async def test_project_is_named_when_its_name_is_known(archive):
    run = await archive(begin)
    await archive(import_runs.store_batch, run, frames(record(CHAT)))
    assert await names(archive) == [("g-p-0123456789ab", "Project 01234567")]
    await archive(import_runs.store_batch, run, frames(ProjectRecord("g-p-0123456789ab", "Garden")))
    await archive(import_runs.store_batch, run, frames(record(CHAT), ProjectRecord("g-p-0123456789ab", "Other")))
    assert await names(archive) == [("g-p-0123456789ab", "Garden")]


async def test_memory_is_stored_once_and_undone(archive):
    run = await archive(begin)
    memory = MemoryRecord("m", "memory", "tea", 5.0)
    await archive(import_runs.store_batch, run, frames(memory, memory))
    assert [row["text"] for row in await archive(import_runs.list_memories)] == ["tea"]
    assert await archive(import_runs.undo_some, run) == 0
    assert await archive(import_runs.list_memories) == []


async def test_failures_are_reported_up_to_a_limit(archive, monkeypatch):
    monkeypatch.setattr(import_runs, "MOST_FAILURES", 2)
    run = await archive(begin)
    await archive(import_runs.store_batch, run, frames(*(FailedRecord(str(each), "t", "r", each) for each in range(1, 5))))
    report = await archive(import_runs.report, run)
    assert report["failed"] == [{"id": "1", "title": "t", "reason": "r"}, {"id": "2", "title": "t", "reason": "r"}]


async def test_later_run_that_updated_the_same_is_found(archive):
    first, second = await archive(begin), await archive(begin, name="later.zip")
    await archive(import_runs.store_batch, first, frames(record(CHAT)))
    await archive(import_runs.store_batch, second, frames(record(CHAT)))
    assert await archive(import_runs.find_later, first) is None
    await archive(import_runs.store_batch, second, frames(record(CHAT | {"update_time": START + 99})))
    assert await archive(import_runs.find_later, first) == "later.zip"


async def test_run_begins_again_with_another_source(archive):
    run = await archive(begin)
    await archive(import_runs.store_batch, run, frames(record(CHAT, 7), FailedRecord("f", "", "r", 8)))
    await archive(import_runs.begin_again, run, "new")
    row = await archive(import_runs.read, run)
    report = await archive(import_runs.report, run)
    assert (row["position"], row["fingerprint"], report["failed"], report["imported"]) == (0, "new", [], 1)


async def test_state_changes_from_certain_states_only(archive):
    run = await archive(begin)
    assert not await archive(import_runs.set_values, run, {"state": "done"}, only_in=("ready",))
    assert await archive(import_runs.set_values, run, {"state": "done"}, only_in=("running",))
    assert [row["id"] for row in await archive(import_runs.list_newest, 5)] == [run]
    assert await archive(import_runs.list_unfinished) == []
    assert await archive(import_runs.find_open, "/export.zip") is None
