from typing import Any

import pytest
from sqlalchemy import insert, update

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.live.models import Project
from server.integrations.conversations.store import live as live_store
from server.integrations.conversations.store import projects
from server.integrations.conversations.store.live_tables import answer, live
from tests.server.integrations.conversations.stored import PICTURE, add_chat, dump, find_keys, store_file


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


def test_imported_conversation_cannot_be_deleted_at_openai(room):
    room.archive(add_chat, "a")
    with pytest.raises(InvalidInput, match="has no API for it"):
        room.run(room.deletion.delete("a", at_openai=True))
    assert len(room.archive(dump)["chat_conversation"]) == 1


def test_conversation_of_a_removed_project_comes_back_in_the_default_one(room):
    room.live(projects.add_default, 1.0)
    room.live(projects.add, Project(id="2", name="Short"))
    room.live(add_chat, "a", ["zebras"], project="2", source="openai", thread="")
    room.run(room.deletion.delete("a"))
    room.live(projects.remove, "2")
    room.run(room.deletion.restore("a"))
    assert room.live(lambda connection: live_store.find(connection, "a").project) == projects.DEFAULT
    assert len(room.live(find_keys, "zebras")) == 1
