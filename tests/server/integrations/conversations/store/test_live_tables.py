import shutil
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


def test_earlier_deliveries_belong_to_the_signed_webhook(tmp_path) -> None:
    path, earlier = tmp_path / "deskhand.db", tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, earlier, ignore=shutil.ignore_patterns("*_000[4-9]_*", "__pycache__"))
    migrate(path, [earlier])
    written = "msg_" + "0a" * 16
    with sqlite3.connect(path) as connection:
        for key, source in enumerate(("webhook", "openai"), 1):
            connection.execute("INSERT INTO chat_conversation (key, id, source) VALUES (?, ?, ?)", (key, source, source))
            connection.execute("INSERT INTO chat_live (conversation) VALUES (?)", (key,))
            rows = [(key * 10 + number, key, name) for number, name in enumerate(("m1", written, "msg_" + "zz" * 16))]
            statement = "INSERT INTO chat_message (key, conversation, id, role, kind, text) VALUES (?, ?, ?, 'user', 'text', '')"
            connection.executemany(statement, rows)
    connection.close()
    migrate(path, [MIGRATIONS])
    with sqlite3.connect(path) as connection:
        marked = connection.execute("SELECT key FROM chat_message WHERE details = '{\"delivered\":true}' ORDER BY key").fetchall()
        assert marked == [(10,), (12,)]
        assert connection.execute("SELECT count(*) FROM chat_delivered_project").fetchone() == (0,)
    connection.close()
