from pathlib import Path

from server.integrations.conversations.files.assets import StoredFile
from server.integrations.conversations.store import assets
from server.integrations.conversations.store.deletion import remove
from server.storage.sqlite import connect, writing_engine
from tests.server.integrations.conversations.stored import add_chat, make_archive

FILES = [("file-service://1", "a.png", StoredFile("a" * 64, 5, "image/png")), ("2", "b", StoredFile("", 0, ""))]


def test_file_is_found_in_its_conversation_only_and_is_used_until_that_is_purged(tmp_path: Path):
    (tmp_path / "archive.db").write_bytes(make_archive())
    engine = writing_engine(tmp_path / "archive.db", 1_000)
    with connect(engine) as connection:
        add_chat(connection, "a", files=FILES)
        add_chat(connection, "b")
        row = assets.find(connection, "a", "file-service://1")
        assert row == assets.AssetRow(id="file-service://1", name="a.png", size=5, sha256="a" * 64)
        assert assets.find(connection, "b", "file-service://1") is None
        assert assets.list_used(connection, ["a" * 64, "b" * 64]) == {"a" * 64}
        remove(connection, "a", now=1)
        assert assets.find(connection, "a", "file-service://1") is None
        assert assets.list_used(connection, ["a" * 64]) == {"a" * 64}, "the conversation can be restored"
        connection.exec_driver_sql("DELETE FROM chat_deleted")
        assert assets.list_used(connection, ["a" * 64]) == set()
    engine.dispose()
