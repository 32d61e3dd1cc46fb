import re
import sqlite3
from contextlib import closing

from sqlalchemy import NullPool, create_engine, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from server.integrations.queue.models import PromptFilter
from server.integrations.queue.states import State, Status
from server.integrations.queue.store import chats, claims, clients, leases, places, prompts, summary, transitions
from server.integrations.queue.store.tables import metadata
from server.storage.prepared import Prepared
from tests.server.integrations.queue.queue_setup import make_database

WAITING = prompts.write_page(PromptFilter("client", states=(State.idle,), cursor="7"))
RUNNING = prompts.write_page(PromptFilter("client", status=Status.executing))
OF_CLIENTS = [clients.ALL, clients.IDLE_KEYS, clients.IDLE_COUNT, prompts.IDLE, WAITING, RUNNING]
INDEXED = {
    "queue_prompt_ready": [claims.NEXT, claims.FIRST_READY],
    "queue_prompt_later": [claims.WAKE, claims.NEXT_LATER],
    "queue_prompt_open": [chats.REFRESH, chats.CLEAR, *OF_CLIENTS],
    "queue_prompt_held": [chats.REFRESH, leases.HELD, leases.OF_WORKER, leases.EXPIRED, leases.EXTEND, summary.HELD_COUNTS],
    "queue_prompt_id": [prompts.FIND, prompts.lock_some(4), leases.PROGRESS],
    "queue_prompt_dead": [summary.DEAD_COUNT],
    "(rowid>?)": [places.DURATIONS],
    "queue_prompt_completed": [summary.ENDED_COUNTS],
}


def test_tables_are_those_of_the_migrations(tmp_path) -> None:
    (tmp_path / "deskhand.db").write_bytes(make_database())
    inspected = inspect(create_engine(f"sqlite:///{tmp_path / 'deskhand.db'}", poolclass=NullPool))
    for table in metadata.sorted_tables:
        columns = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspected.get_columns(table.name)}
        assert columns == {column.name: (str(column.type), column.nullable) for column in table.columns}
        assert {index["name"] for index in inspected.get_indexes(table.name)} == {index.name for index in table.indexes}


def test_partial_indexes_match_the_queries_that_need_them(tmp_path) -> None:
    (tmp_path / "deskhand.db").write_bytes(make_database())
    with closing(sqlite3.connect(tmp_path / "deskhand.db")) as connection:
        for index, statements in INDEXED.items():
            for statement in statements:
                clause = statement.statement if isinstance(statement, Prepared) else statement
                text = re.sub(r"__\[POSTCOMPILE_\w+\]", "?", str(clause.compile(dialect=sqlite.dialect())))
                plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", ["1"] * text.count("?")).fetchall()
                assert any(index in row[3] for row in plan), (index, text, plan)
                assert not [row[3] for row in plan if row[3] in {"SCAN queue_prompt", "SCAN other"}]


def test_tables_and_indexes_are_known_to_postgresql() -> None:
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for index in table.indexes:
            assert f"INDEX {index.name}" in str(CreateIndex(index).compile(dialect=postgresql.dialect()))


def test_booleans_are_those_of_postgresql_there() -> None:
    written = str(transitions.FINISH.statement.compile(dialect=postgresql.dialect()))
    assert all(f"{name}=false" in written for name in ("is_open", "find_first", "dead"))
    added = str(prompts.ADD.statement.compile(dialect=postgresql.dialect(), column_keys=["number"]))
    assert "'idle', true," in added
    assert "false, false, '[]'" in added
