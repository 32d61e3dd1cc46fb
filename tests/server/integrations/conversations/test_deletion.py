import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.assets import AssetFiles
from server.integrations.conversations.deletion import Deletion
from server.integrations.conversations.fake.faults import Fault
from server.integrations.conversations.store.live_tables import answer, live
from server.integrations.conversations.store.tables import openai_deletion, project
from server.storage.archive import ARCHIVE_FILE
from tests.server.integrations.conversations.desk import Desk
from tests.server.integrations.conversations.stored import DAY, PICTURE, add_chat, dump, find_keys, store_file, with_archive


class Room:
    """Deletion over both databases, whose clock a test moves."""

    def __init__(self, desk: Desk, context: Any) -> None:
        self.desk, self.context = desk, context
        self.files = AssetFiles(context.folders)
        self.deletion = Deletion(context, self.files, desk.openai.api)

    def run(self, coroutine: Any) -> Any:
        return self.desk.run(coroutine)

    def live(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return self.run(self.context.database.write(function, *arguments, **named))

    def archive(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return self.run(self.context.archive.write(function, *arguments, **named))

    def add_thread(self) -> str:
        """Make a Conversation at OpenAI."""
        return str(self.run(self.desk.openai.api().create_conversation({})))

    def orders(self) -> list[Any]:
        return list(self.live(lambda connection: [tuple(row) for row in connection.execute(openai_deletion.select())]))

    def tidy(self, **later: float) -> None:
        self.desk.clock.move(**later)
        self.run(self.deletion.tidy())


@pytest.fixture
def room(desk: Desk) -> Any:
    opened = with_archive(desk.context)
    yield Room(desk, desk.run(opened.__aenter__()))
    desk.run(opened.__aexit__(None, None, None))


@pytest.mark.parametrize("where", ["live", "archive"])
def test_deleted_conversation_is_gone_with_its_index_and_comes_back_whole(room, where):
    write = room.live if where == "live" else room.archive
    stored = store_file(room.context, PICTURE)
    write(add_chat, "kept", ["about llamas"])
    write(
        add_chat,
        "a",
        ["zebras", "lions"],
        files=[("f1", "a.png", stored)],
        data=b'{"id": "a"}',
        thread="" if where == "live" else None,
    )
    before = write(dump)
    room.run(room.deletion.delete("a"))
    assert [row[1] for row in write(dump)["chat_conversation"]] == ["kept"]
    assert (write(find_keys, "zebras"), len(write(find_keys, "llamas"))) == ([], 1)
    room.desk.clock.move(minutes=59)
    room.run(room.deletion.restore("a"))
    assert write(dump) == before
    assert len(write(find_keys, "zebras")) == 1
    with pytest.raises(NotFound):
        room.run(room.deletion.restore("a"))


def test_rows_of_other_tables_come_back_under_new_numbers(room):
    room.live(add_chat, "a", ["zebras"], thread="conv_1")

    def add_answer(connection: Any, key: int, name: str) -> None:
        values = {"id": name, "conversation": key, "message": "m1", "model": "gpt-5", "state": "done", "created_at": 1.0}
        connection.execute(insert(answer), values | {"cost": "0.1"})

    room.live(add_answer, 1, "answer-a")
    room.run(room.deletion.delete("a"))
    key = room.live(add_chat, "b", ["lions"], thread="conv_2")
    assert key == 1, "SQLite gives the number again"
    room.live(add_answer, key, "answer-b")
    room.run(room.deletion.restore("a"))
    rows = room.live(dump)
    numbers = {row[1]: row[0] for row in rows["chat_conversation"]}
    assert numbers == {"b": 1, "a": 2}
    assert {(row[1], row[6]) for row in rows["chat_message"]} == {(1, "lions"), (2, "zebras")}
    threads = room.live(lambda connection: {row.conversation: row.thread_id for row in connection.execute(live.select())})
    answers = room.live(lambda connection: {row.id: row.conversation for row in connection.execute(answer.select())})
    assert (threads, answers) == ({1: "conv_2", 2: "conv_1"}, {"answer-b": 1, "answer-a": 2})
    (zebras,) = room.live(find_keys, "zebras")
    assert {row[0] for row in rows["chat_message"] if row[6] == "zebras"} == {zebras}


def test_conversation_that_was_imported_again_is_not_replaced(room):
    room.archive(add_chat, "a", ["old"])
    room.run(room.deletion.delete("a"))
    room.archive(add_chat, "a", ["new"])
    with pytest.raises(Conflict, match="here again"):
        room.run(room.deletion.restore("a"))
    room.run(room.deletion.delete("a"))
    room.run(room.deletion.restore("a"))
    assert [row[6] for row in room.archive(dump)["chat_message"]] == ["new"]


def test_unknown_conversation_and_late_undo_are_sentences(room):
    with pytest.raises(NotFound, match="no such conversation"):
        room.run(room.deletion.delete("none"))
    room.archive(add_chat, "a")
    room.run(room.deletion.delete("a"))
    room.desk.clock.move(minutes=61)
    with pytest.raises(NotFound, match="too long ago"):
        room.run(room.deletion.restore("a"))


def test_conversation_is_not_deleted_while_it_is_answered(room):
    key = room.live(add_chat, "a", thread="")
    values = {"id": "x", "conversation": key, "message": "m1", "model": "gpt-5", "created_at": 1.0}
    room.live(lambda connection: connection.execute(insert(answer), values | {"state": "running"}) and None)
    with pytest.raises(Conflict, match="Stop it first"):
        room.run(room.deletion.delete("a"))
    room.live(lambda connection: connection.execute(update(answer).values(state="done")) and None)
    room.run(room.deletion.delete("a"))


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


def test_imported_conversation_cannot_be_deleted_at_openai(room):
    room.archive(add_chat, "a")
    with pytest.raises(InvalidInput, match="has no API for it"):
        room.run(room.deletion.delete("a", at_openai=True))
    assert len(room.archive(dump)["chat_conversation"]) == 1


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


def test_no_archive_is_made_for_tidying(room):
    (room.context.folders.data / ARCHIVE_FILE).unlink()
    room.tidy()
    assert not (room.context.folders.data / ARCHIVE_FILE).exists()
