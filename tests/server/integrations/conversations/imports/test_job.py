import gc
import json

from server.integrations.conversations.imports import job as import_job
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.job import Batch, describe_nothing, fingerprint_of
from server.integrations.conversations.imports.models import Failure, Report
from tests.server.integrations.conversations.import_setup import CHATS, import_all, write


def test_batches_follow_the_time_they_take():
    batch = Batch()
    assert not batch.add(bytes(import_job.FIRST_BATCH - 1))
    assert batch.add(b"x")
    assert len(batch.take()) == 2
    batch.adapt(10.0)
    assert batch.add(bytes(import_job.FIRST_BATCH // 2))
    batch.take()
    for _ in range(20):
        batch.adapt(0.0)
    assert not batch.add(bytes(import_job.LARGEST_BATCH - 1))


def test_fingerprint_is_another_after_a_change(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("1")
    before = fingerprint_of(tmp_path)
    assert fingerprint_of(tmp_path) == before
    path.write_text("22")
    assert fingerprint_of(tmp_path) != before


def test_report_of_nothing_is_an_error():
    assert describe_nothing(Report(unchanged=1)) == ""
    assert "none of the 1 conversations" in describe_nothing(Report(failed=[Failure(id="x")]))


async def test_webhook_is_stored_for_the_end(shelf, tmp_path, monkeypatch):
    emitted = []
    monkeypatch.setattr(
        shelf.context.webhooks, "emit", lambda _, kind, data, message_id: emitted.append((kind, data, message_id))
    )
    current = await import_all(Imports(shelf.context), write(tmp_path, *CHATS))
    ((kind, data, _),) = emitted
    assert kind in shelf.context.webhooks.types
    assert kind == "import.completed"
    assert json.loads(json.dumps(data))["imported"] == 2
    assert data["id"] == current.id


BULK = "SELECT group_concat(v) FROM (SELECT v FROM chat_message_index_config WHERE k IN ('automerge', 'crisismerge') ORDER BY k)"


def read_bulk(connection):
    """Read how parts of the index are merged."""
    return connection.exec_driver_sql(BULK).scalar_one()


async def test_archive_takes_many_batches_during_an_import_and_single_changes_after_it(shelf, tmp_path, monkeypatch):
    seen, store_batch = [], import_job.import_runs.store_batch

    def store(connection, *values):
        seen.append((read_bulk(connection), gc.isenabled()))
        return store_batch(connection, *values)

    monkeypatch.setattr(import_job.import_runs, "store_batch", store)
    await import_all(Imports(shelf.context), write(tmp_path, *CHATS))
    assert seen == [("0,256", False)]
    assert await shelf.context.archive.write(read_bulk) == "8,16"
    assert gc.isenabled()


async def test_mistake_of_ours_fails_the_import(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(import_job.import_runs, "store_batch", lambda *_: 1 / 0)
    current = await import_all(Imports(shelf.context), write(tmp_path, *CHATS))
    assert (current.state, current.error) == ("failed", import_job.MISTAKE)
    assert await shelf.context.archive.write(read_bulk) == "8,16"
    assert gc.isenabled()
