"""Restored backups of conversations do nothing by themselves."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.integrations.conversations import integration
from server.sdk.uploads import remove_upload
from server.storage.data_dir import Folders
from server.storage.revocation import revoke_access
from tests.server.integrations.conversations.desk import make_database
from tests.server.integrations.conversations.stored import make_archive

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LIVE = """
INSERT INTO chat_openai_deletion VALUES ('conv_1', 1, 1, 0, '');
INSERT INTO chat_deleted (id, deleted_at, data) VALUES ('a', 1, x'00');
INSERT INTO chat_project (id, name, retention_days) VALUES ('1', 'Default', 1);
"""
ARCHIVE = """
INSERT INTO chat_deleted (id, deleted_at, data) VALUES ('a', 1, x'00');
INSERT INTO chat_project (id, name, retention_days) VALUES ('g-p-1', 'Work', 1);
INSERT INTO chat_import (name, path, is_upload, state, job, created_at) VALUES
  ('a', '/letters/letter.txt', 1, 'running', 'run', 1), ('b', '/b', 0, 'ready', 'preview', 1),
  ('c', '/c', 0, 'previewing', 'preview', 1), ('d', '/d', 0, 'done', 'run', 1);
"""


def restore(path: Path, content: bytes, script: str, *, with_access: bool) -> sqlite3.Connection:
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    revoke_access(path, NOW, integration.revocations, with_access=with_access)
    return sqlite3.connect(path)


@pytest.mark.parametrize("with_access", [False, True])
def test_nothing_is_deleted_at_openai_or_put_back_from_a_backup(tmp_path, with_access):
    for content, script in ((make_database(), LIVE), (make_archive(), ARCHIVE)):
        with closing(restore(tmp_path / "restored.db", content, script, with_access=with_access)) as connection:
            assert connection.execute("SELECT count(*) FROM chat_deleted").fetchone() == (0,)
            assert connection.execute("SELECT retention_days FROM chat_project").fetchone() == (1 if with_access else None,)
            if script == LIVE:
                assert connection.execute("SELECT count(*) FROM chat_openai_deletion").fetchone() == (0,)
            else:
                states = [state for (state,) in connection.execute("SELECT state FROM chat_import ORDER BY id")]
                assert states == ["cancelled", "cancelled", "cancelled", "done"]
        (tmp_path / "restored.db").unlink()


def test_only_uploads_are_removed_as_uploads(tmp_path):
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path)
    (tmp_path / "uploads").mkdir()
    letter, upload = tmp_path / "letter.txt", tmp_path / "uploads" / "1"
    for path in (letter, upload):
        path.touch()
        remove_upload(folders, path)
    remove_upload(folders, tmp_path / "uploads" / ".." / "letter.txt")
    assert (letter.exists(), upload.exists()) == (True, False)


@pytest.mark.parametrize("with_access", [False, True])
def test_no_message_of_a_backup_is_sent(tmp_path, with_access):
    script = """
    INSERT INTO chat_conversation (id, source) VALUES ('c', 'openai');
    INSERT INTO chat_answer (id, conversation, message, model, state, created_at) VALUES
      ('a', 1, 'm', '', 'waiting', 1), ('b', 1, 'm', '', 'running', 1), ('c', 1, 'm', '', 'done', 1);
    INSERT INTO chat_sync (id, client, state, total, started_at) VALUES ('s', '', 'running', 1, 1);
    """
    with closing(restore(tmp_path / "restored.db", make_database(), script, with_access=with_access)) as connection:
        states = [state for (state,) in connection.execute("SELECT state FROM chat_answer ORDER BY id")]
        assert states == ["failed", "uncertain", "done"]
        assert connection.execute("SELECT state FROM chat_sync").fetchone() == ("cancelled",)
