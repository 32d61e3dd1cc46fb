import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from server.storage.archive import ARCHIVE_FILE
from server.storage.backup import RestoreOptions, back_up, restore
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from server.storage.migrations import migrate, migrate_archive
from server.storage.revocation import Revocation

ROOT = Path(__file__).parents[3]
ARCHIVE_MIGRATIONS = Path(__file__).with_name("archive_migrations")
LIVE_KEYS = "SELECT count(*) FROM api_key WHERE revoked_at IS NULL"
HARMLESS = {"mail": {"signature"}}
THEN = "2026-11-20T12:00:00+00:00"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

# It imports everything once and forks a child for each life, so that a life costs milliseconds.
NURSERY = """
import os, sys

def say(*words):  # in one piece, whenever the end comes
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

{script}
for line in sys.stdin:
    child = os.fork()
    if not child:
        live(line.strip())
        os._exit(0)
    say("born", child)
    say("gone", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

Lives = Callable[[str, object, int], list[str]]


@pytest.fixture
def kills(long: bool) -> int:
    """How many times something is killed."""
    return 2_000 if long else 60


@pytest.fixture
def live_and_die() -> Lives:
    """Run `live(argument)` of a script so many times, each until kill -9, and answer all the lines that it said."""
    if os.name == "nt":
        pytest.skip("Windows cannot fork.")

    def run(script: str, argument: object, times: int) -> list[str]:
        lines: list[str] = []
        command = [sys.executable, "-c", NURSERY.format(script=script)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
            assert nursery.stdin is not None
            assert nursery.stdout is not None
            for _ in range(times):
                nursery.stdin.write(f"{argument}\n")
                nursery.stdin.flush()
                lines += hear_one_life(nursery.stdout.readline)
            nursery.stdin.close()
        return lines

    return run


def hear_one_life(readline: Callable[[], str]) -> list[str]:
    heard: list[str] = []
    child, lines_to_live = 0, random.randrange(30)
    while not (line := readline()).startswith("gone"):
        assert line, "The nursery died."
        if line.startswith("born"):
            child = int(line.split()[1])
        else:
            heard.append(line.strip())
        if child and len(heard) >= lines_to_live:
            time.sleep(random.random() / 500)  # the moment within the next step is left to chance
            os.kill(child, 9)
            child = 0
    assert line.split()[1] == "-9", "It ended before it was killed."
    return heard


class Home:
    """Everything one Deskhand keeps, each file with one word in it that tells whose it is."""

    def __init__(self, folder: Path) -> None:
        self.data, self.config = folder / "data", folder / "config"
        self.database, self.archive = self.data / DATABASE_FILE, self.data / ARCHIVE_FILE

    def fill(self, word: str) -> "Home":
        for folder in (self.data, self.config):
            folder.mkdir(parents=True)
        migrate(self.database)
        self.run(
            f"INSERT INTO client VALUES ('c', '{word}', '[]', '{{}}', NULL, '{THEN}', NULL)",
            f"INSERT INTO api_key VALUES (x'01', 'c', 'dh_a', '{THEN}', NULL), (x'02', 'c', 'dh_b', '{THEN}', '{THEN}')",
            "INSERT INTO idempotency VALUES ('c', 'k', 'h', 1, 'then', 200, 'answer')",
        )
        self.data.joinpath("settings.json").write_text(f'{{"mail": {{"1": {{"signature": "{word}"}}}}}}')
        self.data.joinpath("secrets.json").write_text(json.dumps({"secret": f"{word}-hidden"}))
        self.config.joinpath("app_config.json").write_text(f'{{"apps": "{word}"}}')
        return self

    def fill_archive(self, word: str, *contents: bytes) -> "Home":
        """Give it an archive with a note, and files."""
        migrate_archive(self.archive, [ARCHIVE_MIGRATIONS])
        self.run(
            f"INSERT INTO note VALUES ('{word}', 7)",
            f"INSERT INTO note_index (rowid, word) VALUES (1, '{word}')",
            database=self.archive,
        )
        for content in contents:
            path = self.place(content)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self

    def place(self, content: bytes) -> Path:
        """The path of a file of the archive."""
        digest = hashlib.sha256(content).hexdigest()
        return self.data / ARCHIVE_FILES / digest[:2] / digest

    def notes(self) -> list[object]:
        """The words of the archive, from its table and by its index."""
        with closing(sqlite3.connect(self.archive)) as connection:
            search = "SELECT word FROM note WHERE rowid IN (SELECT rowid FROM note_index WHERE note_index MATCH ?)"
            words = [word for (word,) in connection.execute("SELECT word FROM note")]
            return [word for searched in words for (word,) in connection.execute(search, (searched,))]

    def contents(self) -> set[bytes]:
        return {path.read_bytes() for path in (self.data / ARCHIVE_FILES).rglob("*") if path.is_file()}

    def run(self, *statements: str, database: Path | None = None) -> None:
        with closing(sqlite3.connect(database or self.database, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, question: str) -> list[object]:
        with closing(sqlite3.connect(self.database)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            return [row[0] for row in connection.execute(question)]

    def words(self) -> list[object]:
        settings = json.loads(self.data.joinpath("settings.json").read_text())["mail"]["1"]["signature"]
        return [*self.ask("SELECT name FROM client"), settings, self.apps()]

    def apps(self) -> object:
        """The word of the apps' file that waits for confirmation, else of the one in force."""
        waiting = json.loads(self.data.joinpath("settings.json").read_text()).get("restored", {}).get("1", {})
        text = waiting.get("files", {}).get("app_config.json") or self.config.joinpath("app_config.json").read_text()
        return json.loads(text)["apps"]

    def back_up(self, target: Path, *, with_archive: bool = False) -> Path:
        return back_up(self.data, target, config=self.config, with_archive=with_archive, now=lambda: NOON)

    def restore(self, source: Path, *, with_access: bool = False) -> Path | None:
        revocations = [Revocation("note", values={"days": None})]
        options = RestoreOptions(
            with_access=with_access, archive_folders=[ARCHIVE_MIGRATIONS], revocations=revocations, harmless=HARMLESS
        )
        return restore(source, self.data, options, config=self.config, now=lambda: NOON)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.data.parent)) for path in self.data.parent.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").fill("old")


@pytest.fixture
def file(home: Home, tmp_path: Path) -> Path:
    """A backup of another home."""
    return Home(tmp_path / "other").fill("new").back_up(tmp_path / "backup.zip")


class Drawer(KeyringBackend):
    """A keyring that answers, or asks its person, who cancels or is away until the drawer is open."""

    viable = False  # keyring knows every class of this kind, and shall choose it nowhere else

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.open = threading.Event()
        self.answer = ""
        self.asked = 0
        self.changes: list[str] = []

    def _ask(self) -> None:
        self.asked += 1
        if self.answer == "cancel":
            raise KeyringLocked("Failed to unlock the collection!")
        if self.answer == "hang":
            self.open.wait(30)

    def get_password(self, service: str, username: str) -> str | None:
        self._ask()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask()
        self.kept[service, username] = password
        self.changes.append("set")

    def delete_password(self, service: str, username: str) -> None:
        self._ask()
        del self.kept[service, username]
        self.changes.append("deleted")


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    drawer = Drawer()
    before = keyring.get_keyring()
    keyring.set_keyring(drawer)
    yield drawer
    drawer.open.set()
    keyring.set_keyring(before)


@pytest.fixture
def durable(monkeypatch) -> dict[Path, bool]:
    """Files that were renamed, by their new path: true if their content was on the disk by then."""
    synced: dict[int, int] = {}
    renamed: dict[Path, bool] = {}
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor: int) -> None:
        fsync(descriptor)
        status = os.fstat(descriptor)
        synced[status.st_ino] = status.st_mtime_ns

    def record_replace(source: Path, target: Path) -> None:
        status = Path(source).stat()
        renamed[Path(target)] = synced.get(status.st_ino) == status.st_mtime_ns
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    return renamed
