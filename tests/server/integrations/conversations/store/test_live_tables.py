import sqlite3

from server.integrations.conversations.store.live_tables import metadata
from server.storage.migrations import migrate
from tests.server.integrations.conversations.live_setup import MIGRATIONS


def test_tables_are_as_the_migrations_make_them(tmp_path) -> None:
    path = tmp_path / "deskhand.db"
    migrate(path, [MIGRATIONS])
    with sqlite3.connect(path) as connection:
        for table in metadata.tables.values():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
            assert columns == [column.name for column in table.columns], table.name
            indexes = {row[1] for row in connection.execute(f"PRAGMA index_list({table.name})")}
            made = {name for name in indexes if not name.startswith("sqlite_")}
            assert made == {index.name for index in table.indexes}, table.name
    connection.close()
