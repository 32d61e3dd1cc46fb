import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from server.integrations.conversations.fake.faults import Fault
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.store import import_runs, search_index, tombstones
from server.integrations.conversations.store.tables import project
from server.storage.archive import ARCHIVE_FILE
from tests.server.integrations.conversations.exports import begin, frames, record
from tests.server.integrations.conversations.stored import DAY, add_chat, dump, store_file


def make_export(name: str, text: str, time: float) -> dict[str, Any]:
    """Make a conversation of an export, with one message."""
    message = {"id": "m", "author": {"role": "user"}, "content": {"content_type": "text", "parts": [text]}}
    mapping = {"m": {"id": "m", "message": message, "parent": None, "children": []}}
    return {"conversation_id": name, "title": name, "update_time": time, "current_node": "m", "mapping": mapping}


def test_conversation_is_deleted_at_openai_once_it_cannot_be_restored(room):
    thread = room.add_thread()
    room.live(add_chat, "a", thread=thread)
    room.run(room.deletion.delete("a", at_openai=True))
    room.tidy(minutes=59)
    assert thread in room.desk.fake.account.conversations
    room.tidy(minutes=2)
    assert thread not in room.desk.fake.account.conversations
    assert room.orders() == []


def test_restored_conversation_stays_at_openai(room):
    thread = room.add_thread()
    room.live(add_chat, "a", thread=thread)
    room.run(room.deletion.delete("a", at_openai=True))
    room.run(room.deletion.restore("a"))
    room.tidy(hours=2)
    assert thread in room.desk.fake.account.conversations


def test_deletion_at_openai_survives_its_outage(room):
    threads = [room.add_thread(), room.add_thread()]
    for number, thread in enumerate(threads):
        room.live(add_chat, f"c{number}", thread=thread)
        room.run(room.deletion.delete(f"c{number}", at_openai=True))
    room.desk.fake.faults.order(Fault(status=500, times=100, path="/v1/conversations"))
    room.tidy(hours=2)
    assert {(order[0], order[3]) for order in room.orders()} == {(thread, 1) for thread in threads}
    assert all(order[4] for order in room.orders()), "each says why"
    room.desk.fake.faults.clear()
    room.tidy(seconds=59)
    assert len(room.orders()) == 2, "it waits before it asks again"
    room.tidy(seconds=2)
    assert room.orders() == []
    assert not set(threads) & set(room.desk.fake.account.conversations)


def test_thread_that_is_gone_at_openai_ends_its_order(room):
    room.live(add_chat, "a", thread="conv_gone")
    room.run(room.deletion.delete("a", at_openai=True))
    room.tidy(hours=2)
    assert room.orders() == []


@pytest.mark.parametrize("where", ["live", "archive"])
def test_project_deletes_what_is_older_than_it_keeps(room, where):
    write, now = room.live if where == "live" else room.archive, room.desk.clock.now().timestamp()
    thread = room.add_thread()
    ages = {"old": 31, "new": 29, "undated": None, "elsewhere": 99}
    rows = [{"id": "p", "name": "P", "retention_days": 30}, {"id": "q", "name": "Q", "retention_days": None}]
    write(lambda connection: connection.execute(insert(project), rows) and None)
    for name, age in ages.items():
        at = None if age is None else now - age * DAY
        mine = {"thread": thread if name == "old" else ""} if where == "live" else {}
        write(add_chat, name, updated_at=at, created_at=at, project="q" if name == "elsewhere" else "p", **mine)
    room.tidy()
    assert {row[1] for row in write(dump)["chat_conversation"]} == {"new", "undated", "elsewhere"}
    assert [order[0] for order in room.orders()] == ([thread] if where == "live" else [])
    room.tidy(days=2)
    assert {row[1] for row in write(dump)["chat_conversation"]} == {"undated", "elsewhere"}
    assert (thread in room.desk.fake.account.conversations) is (where == "archive")


def age(files: AssetFiles) -> None:
    for path in files.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))


def list_files(files: AssetFiles) -> set[bytes]:
    return {path.read_bytes() for path in files.folder.rglob("*") if path.is_file()}


def test_files_go_with_the_last_conversation_that_refers_to_them(room):
    shared, own = store_file(room.context, b"shared"), store_file(room.context, b"own")
    room.archive(add_chat, "a", files=[("1", "a", shared), ("2", "b", own)])
    room.live(add_chat, "b", files=[("1", "a", shared)], thread="")
    room.run(room.deletion.delete("a"))
    age(room.files)
    room.tidy(minutes=59)
    assert list_files(room.files) == {b"shared", b"own"}, "it can be restored yet"
    room.tidy(minutes=2)
    assert list_files(room.files) == {b"shared"}
    room.run(room.deletion.delete("b"))
    room.tidy(minutes=61)
    assert list_files(room.files) == set()


def test_file_without_a_row_is_removed_unless_it_is_new(room):
    room.archive(add_chat, "a", files=[("1", "a", store_file(room.context, b"used"))])
    store_file(room.context, b"of a killed import")
    room.tidy()
    assert len(list_files(room.files)) == 2
    age(room.files)
    store_file(room.context, b"of a running import")
    room.tidy(hours=1)
    assert len(list_files(room.files)) == 3, "it looks at all files once a day"
    room.tidy(days=1)
    assert list_files(room.files) == {b"used", b"of a running import"}


def test_files_stay_while_the_archive_cannot_be_read(room):
    store_file(room.context, b"whose?")
    age(room.files)
    path: Path = room.context.folders.data / ARCHIVE_FILE
    path.write_bytes(b"no database")
    room.live(add_chat, "a", thread="")
    room.run(room.deletion.delete("a"))
    room.tidy(hours=2)
    assert list_files(room.files) == {b"whose?"}
    assert room.live(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM chat_deleted").scalar()) == 0


def count_parts(room):
    query = "SELECT count(DISTINCT segid) FROM chat_message_index_idx"
    return room.archive(lambda connection: connection.exec_driver_sql(query).scalar_one())


def test_index_of_an_import_is_merged_once_it_has_ended(room):
    room.archive(search_index.defer_merging, deferred=True)
    for name in "abcdefgh":
        room.archive(add_chat, name)
    run = room.archive(begin)
    room.tidy()
    assert count_parts(room) == 8
    room.archive(import_runs.set_values, run, {"state": "done"})
    room.tidy()
    assert count_parts(room) == 1


def test_no_archive_is_made_for_tidying(room):
    (room.context.folders.data / ARCHIVE_FILE).unlink()
    room.tidy()
    assert not (room.context.folders.data / ARCHIVE_FILE).exists()


def test_conversation_that_its_project_no_longer_keeps_is_not_imported_again(room):
    then = room.desk.clock.now().timestamp() - 31 * DAY
    row = {"id": "p", "name": "P", "retention_days": 30}
    room.archive(lambda connection: connection.execute(insert(project), [row]) and None)
    room.archive(add_chat, "old", updated_at=then, created_at=then, project="p")
    room.tidy()
    assert room.archive(tombstones.list_deleted, ["old"]) == {"old"}


def test_deletion_at_openai_waits_while_another_service_is_used(room):
    thread = room.add_thread()
    room.live(add_chat, "a", thread=thread)
    room.run(room.deletion.delete("a", at_openai=True))
    room.run(room.desk.openai.change(base_url=room.desk.fake.base_url))
    room.tidy(hours=2)
    assert thread in room.desk.fake.account.conversations
    assert "Another service" in room.orders()[0][4]
    room.run(room.desk.openai.change(base_url=""))
    room.tidy(hours=7)
    assert (thread in room.desk.fake.account.conversations, room.orders()) == (False, [])


def test_earlier_version_of_a_conversation_goes_with_it(room):
    for text, time in (("An old secret", 1.0), ("A new secret", 2.0)):
        run = room.archive(begin)
        for name in ("gone", "kept"):
            room.archive(import_runs.store_batch, run, frames(record(make_export(name, text, time))))

    def list_kept() -> list[str]:
        query = "SELECT id FROM chat_import_change WHERE previous IS NOT NULL ORDER BY id"
        return room.archive(lambda connection: list(connection.exec_driver_sql(query).scalars()))

    assert list_kept() == ["gone", "kept"]
    room.run(room.deletion.delete("gone"))
    room.tidy(minutes=59)
    assert list_kept() == ["gone", "kept"], "it can be restored yet"
    room.tidy(minutes=2)
    assert list_kept() == ["kept"]
