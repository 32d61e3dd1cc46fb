import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, insert, select, update

from server.integrations.conversations.store import search_index, tables
from server.integrations.conversations.store.search_index import (
    DDL,
    MESSAGES,
    TITLES,
    MessageEntry,
    TitleEntry,
    index_conversation,
    index_messages,
    index_titles,
    unindex_conversation,
    unindex_messages,
)
from server.storage.backup import prepare_database
from server.storage.migrations import migrate
from server.storage.text_index import TextIndex
from tests.server.integrations.conversations.desk import MIGRATIONS
from tests.server.integrations.conversations.library_setup import ARCHIVE_MIGRATIONS

CONFIGURED = [f"SELECT * FROM {index.name}_config" for index in (MESSAGES, TITLES)]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://", poolclass=NullPool).begin() as connection:
        tables.metadata.create_all(connection)
        for statement in DDL:
            connection.exec_driver_sql(statement)
        yield connection


def add(connection: Connection, *texts: str, temporary: bool = False, title: str = "Title") -> int:
    values = {"id": title, "title": title, "source": "chatgpt", "project": "g-p-1", "temporary": temporary}
    key = int(connection.execute(insert(tables.conversation), values).inserted_primary_key[0])
    for number, text in enumerate(texts, 1):
        shared = {"conversation": key, "id": str(number), "role": "user", "kind": "text"}
        connection.execute(insert(tables.message), {"key": key * 100 + number, "text": text, **shared})
    return key


def find(connection: Connection, index: TextIndex, match: str) -> list[int]:
    return list(connection.exec_driver_sql(f"SELECT rowid FROM {index.name} WHERE {index.name} MATCH ?", (match,)).scalars())


def check(connection: Connection) -> None:
    for index in (MESSAGES, TITLES):
        connection.exec_driver_sql(f"INSERT INTO {index.name}({index.name}) VALUES ('integrity-check')")


@pytest.mark.parametrize("folder", [MIGRATIONS, ARCHIVE_MIGRATIONS])
def test_migrations_make_the_same_indexes(folder: Path, tmp_path: Path) -> None:
    migrate(tmp_path / "a.db", [folder])
    with closing(sqlite3.connect(tmp_path / "a.db")) as made, closing(sqlite3.connect(":memory:")) as expected:
        for statement in DDL:
            expected.execute(statement)
        for query in ("SELECT name, sql FROM sqlite_master WHERE name LIKE 'chat_%_index%'", *CONFIGURED):
            assert made.execute(f"{query} ORDER BY 1").fetchall() == expected.execute(f"{query} ORDER BY 1").fetchall()


def open_file(path: Path) -> AbstractContextManager[Connection]:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool).begin()


def write_as_before_letters_were_replaced(path: Path, folder: Path) -> None:
    earlier = path.with_name("earlier")
    shutil.copytree(folder, earlier, ignore=shutil.ignore_patterns("*_search_letters.py", "__pycache__"))
    migrate(path, [earlier])
    with open_file(path) as connection:
        add(connection, "Ещё один самолёт", "plain", "验证", title="Łódź")
        add(connection, "secret", temporary=True, title="Ёлка")
        pairs = {"plain": ("plain", ""), "验证": (" 验证 ", "证 验")}
        texts = connection.execute(select(tables.message.c.key, tables.message.c.text).where(tables.message.c.conversation == 1))
        tags = search_index.message_tags("user", "g-p-1", "chatgpt")
        MESSAGES.insert_rows(connection, [(key, *pairs.get(text, (text, "")), tags) for key, text in texts])
        TITLES.insert_rows(connection, [(1, "Łódź", "", "pg-p-1 schatgpt")])


def update_file(path: Path, folder: Path) -> None:
    migrate(path, [folder])


def restore_file(path: Path, folder: Path) -> None:
    prepare_database(path, [folder], lambda path: migrate(path, [folder]), lambda _: None)


@pytest.mark.parametrize("bring_up_to_date", [update_file, restore_file])
@pytest.mark.parametrize("folder", [MIGRATIONS, ARCHIVE_MIGRATIONS])
def test_texts_indexed_before_letters_were_replaced_are_indexed_anew(
    folder: Path, bring_up_to_date: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "a.db"
    write_as_before_letters_were_replaced(path, folder)
    bring_up_to_date(path, folder)
    with open_file(path) as connection:
        assert find(connection, MESSAGES, "еще самолет") == [101]
        assert find(connection, MESSAGES, '{tags}:"ruser"') == [101, 102, 103]
        assert find(connection, MESSAGES, "ещё") == find(connection, TITLES, "łódź") == find(connection, MESSAGES, "secret") == []
        assert find(connection, TITLES, "lodz") == [1]
        check(connection)
        unindex_conversation(connection, 1)
        assert not any(find(connection, MESSAGES, word) for word in ("еще", "plain", "验证"))
        check(connection)


def test_given_and_stored_rows_are_indexed_alike(connection: Connection) -> None:
    key = add(connection, "apple 验证")
    index_conversation(connection, key)
    unindex_conversation(connection, key)
    index_messages(connection, [MessageEntry(key * 100 + 1, "apple 验证", "user", "g-p-1", "chatgpt")])
    index_titles(connection, [TitleEntry(key, "Title", "g-p-1", "chatgpt")])
    unindex_conversation(connection, key)
    assert find(connection, MESSAGES, "apple") == find(connection, TITLES, "title") == []
    check(connection)


def test_tags_are_those_of_role_project_and_source(connection: Connection) -> None:
    index_conversation(connection, add(connection, "apple"))
    for tag in (search_index.role_tag("user"), search_index.project_tag("g-p-1"), search_index.source_tag("chatgpt")):
        assert len(find(connection, MESSAGES, f'{{tags}}:"{tag}"')) == 1
    assert find(connection, MESSAGES, f'{{tags}}:"{search_index.project_tag("g-p")}"') == []


def test_temporary_conversation_is_not_indexed(connection: Connection) -> None:
    key = add(connection, "secret", temporary=True)
    index_conversation(connection, key)
    assert find(connection, MESSAGES, "secret") == find(connection, TITLES, "title") == []
    unindex_conversation(connection, key)
    check(connection)


def test_changed_message_is_found_by_its_new_words(connection: Connection) -> None:
    key = add(connection, "old", "other")
    index_conversation(connection, key)
    unindex_messages(connection, [key * 100 + 1])
    connection.execute(update(tables.message).where(tables.message.c.key == key * 100 + 1).values(text="new"))
    search_index.index_stored_messages(connection, [key * 100 + 1])
    assert (find(connection, MESSAGES, "old"), find(connection, MESSAGES, "new")) == ([], [key * 100 + 1])
    check(connection)


def test_thousands_of_messages_are_unindexed(connection: Connection) -> None:
    key = add(connection, *(f"word{number} same" for number in range(90)))
    index_conversation(connection, key)
    unindex_conversation(connection, key)
    assert find(connection, MESSAGES, "same") == []
    check(connection)
