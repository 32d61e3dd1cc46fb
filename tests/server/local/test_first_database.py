"""The database, settings and backups of the first version work with the current one.

`first_database` has them as that version wrote them, with the integrations that it had.
"""

import hashlib
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from server.lifecycle import runtime_file
from tests.server.conftest import Served
from tests.server.restarts import wait_for_restart

FIRST = Path(__file__).with_name("first_database")
KEY = "dh_" + "kept" * 10 + "kep"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A data folder as the first version left it."""
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "deskhand.db")) as connection:
        connection.executescript((FIRST / "deskhand.sql").read_text())
    folder.joinpath("settings.json").write_bytes((FIRST / "settings.json").read_bytes())
    return folder


@pytest.fixture
def backup(stored: Path) -> Path:
    """The same as its backup."""
    files = {name: (stored / name).read_bytes() for name in ("deskhand.db", "settings.json")}
    entries = {name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} for name, content in files.items()}
    manifest = {"format": 1, "deskhand": "0.1.0", "created_at": "2026-11-30T23:44:01Z", "files": entries}
    path = stored.parent / "backup.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def search_memories(served: Served, key: str) -> list[str]:
    """Titles of the OMI conversations with a word, which the index of today's version has to find."""
    answer = served.call("GET", "/api/conversations", key, params={"query": "ladder"})
    return [conversation["title"] for conversation in answer.json()["conversations"]]


def test_first_database_and_settings_are_brought_up_to_date(serve, stored) -> None:
    served = serve(stored)
    assert search_memories(served, KEY) == ["The garden fence"]
    ended, client = served.person("GET", "/api/clients").json()
    assert (ended["name"], ended["revoked_at"], client["revoked_at"]) == ("ended", "2026-11-30T23:43:56.297836+00:00", None)
    assert (client["operations"]["trash_mail"], client["operations"]["send_mail"]) == ("deny", "ask")
    (allowance,) = served.person("GET", "/api/clients/script/allowances").json()
    assert (allowance["operation"], allowance["extent"]) == ("send_mail", "temporary"), "stored as quarter"
    (question,) = served.person("GET", "/api/approvals").json()
    assert question["sentence"].startswith("store conversations from the OMI account neighbour")


def test_backup_of_the_first_version_is_restored(serve, tmp_path, backup) -> None:
    served = serve(tmp_path / "other")
    running = runtime_file.read(served.data)
    assert running
    assert served.person("POST", "/api/restore", json={"path": str(backup)}).status_code == 202
    served = wait_for_restart(served, running.key)
    assert served.call("GET", "/api/conversations", KEY).status_code == 401, "keys open nothing until the person says so"
    for question in served.person("GET", "/api/approvals").json():  # each OMI account
        assert served.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "once"}).status_code == 200
    assert search_memories(served, served.make_client("reader")) == ["The garden fence"]
    titles = {difference["title"] for difference in served.person("GET", "/api/restore").json()["differences"]}
    repeated = "Approvals: Minutes that a repeated call gets the first result"
    assert titles == {"Client: script", "Approvals: Seconds that a call waits for approval", repeated}
