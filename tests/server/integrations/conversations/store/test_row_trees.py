import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from server.integrations.conversations.store.row_trees import list_values, read_tree, write_tree

TABLES = """
CREATE TABLE book (number INTEGER PRIMARY KEY, id TEXT UNIQUE);
CREATE TABLE page (number INTEGER PRIMARY KEY, book INTEGER REFERENCES book (number) ON DELETE CASCADE, text TEXT);
CREATE TABLE note (page INTEGER PRIMARY KEY REFERENCES page (number) ON DELETE CASCADE, data BLOB);
CREATE TABLE unrelated (book INTEGER);
INSERT INTO book VALUES (1, 'a'), (2, 'b');
INSERT INTO page VALUES (10, 1, 'one'), (11, 1, 'two'), (12, 2, 'three');
INSERT INTO note VALUES (11, x'00ff'), (12, NULL);
INSERT INTO unrelated VALUES (1);
"""


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.executescript(TABLES)
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        yield connection
    engine.dispose()


def read(connection: Connection, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")]


def keep(table: str, numbers: object) -> None:
    del table, numbers


def test_tree_is_every_row_that_hangs_on_one(connection):
    tree = read_tree(connection, "book", "id", "a")
    assert tree == [
        ("book", [{"number": 1, "id": "a"}]),
        ("page", [{"number": 10, "book": 1, "text": "one"}, {"number": 11, "book": 1, "text": "two"}]),
        ("note", [{"page": 11, "data": b"\x00\xff"}]),
    ]
    assert list(list_values(tree, "page", "text")) == ["one", "two"]
    assert read_tree(connection, "book", "id", "none") == []


def test_tree_is_put_back_as_it_was(connection):
    tables = ("book", "page", "note", "unrelated")
    tree, before = read_tree(connection, "book", "id", "a"), [read(connection, table) for table in tables]
    connection.exec_driver_sql("DELETE FROM book WHERE id = 'a'")
    write_tree(connection, tree, keep)
    assert [read(connection, table) for table in tables] == before


def test_taken_numbers_are_replaced_wherever_rows_refer_to_them(connection):
    tree = read_tree(connection, "book", "id", "a")
    connection.exec_driver_sql("DELETE FROM book WHERE id = 'a'")
    connection.exec_driver_sql("INSERT INTO book VALUES (1, 'c')")
    connection.exec_driver_sql("INSERT INTO page VALUES (11, 1, 'of c')")
    write_tree(connection, tree, keep)
    assert read(connection, "book") == [(1, "c"), (2, "b"), (3, "a")]
    assert read(connection, "page") == [(10, 3, "one"), (11, 1, "of c"), (12, 2, "three"), (13, 3, "two")]
    assert read(connection, "note") == [(12, None), (13, b"\x00\xff")]


def test_numbers_that_the_caller_gives_are_used(connection):
    tree = read_tree(connection, "book", "id", "a")
    connection.exec_driver_sql("DELETE FROM book WHERE id = 'a'")
    write_tree(connection, tree, lambda table, numbers: [number + 90 for number in numbers] if table == "page" else None)
    assert [row[0] for row in read(connection, "page")] == [12, 100, 101]
    assert [row[0] for row in read(connection, "note")] == [12, 101]


def test_column_that_is_gone_since_is_left_out(connection):
    tree = read_tree(connection, "book", "id", "a")
    connection.exec_driver_sql("DELETE FROM book WHERE id = 'a'")
    connection.exec_driver_sql("ALTER TABLE page DROP COLUMN text")
    write_tree(connection, tree, keep)
    assert read(connection, "page") == [(10, 1), (11, 1), (12, 2)]
