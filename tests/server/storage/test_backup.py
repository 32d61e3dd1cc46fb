import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.errors import Conflict, DeskhandError, InvalidInput, NotFound, Unavailable
from server.storage import archive
from server.storage.backup import back_up, finish_restore, restore
from server.storage.database import DATABASE_FILE
from server.storage.migrations import migrate

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIVE_KEYS = "SELECT count(*) FROM api_key WHERE revoked_at IS NULL"


class Home:
    """Everything one Deskhand keeps, each file with one word in it that tells whose it is."""

    def __init__(self, folder: Path) -> None:
        self.data, self.config = folder / "data", folder / "config"
        self.database = self.data / DATABASE_FILE

    def fill(self, word: str) -> "Home":
        for folder in (self.data, self.config):
            folder.mkdir(parents=True)
        migrate(self.database)
        self.run(
            f"INSERT INTO client VALUES ('c', '{word}', '[]', '{{}}', NULL, 'then', NULL)",
            "INSERT INTO api_key VALUES (x'01', 'c', 'dh_a', 'then', NULL), (x'02', 'c', 'dh_b', 'then', 'before')",
            "INSERT INTO idempotency VALUES ('c', 'k', 'h', 1, 'then', 200, 'answer')",
        )
        self.data.joinpath("settings.json").write_text(f'{{"mail": {{"1": {{"signature": "{word}"}}}}}}')
        self.data.joinpath("secrets.json").write_text(json.dumps({"secret": f"{word}-hidden"}))
        self.config.joinpath("app_config.json").write_text(f'{{"apps": "{word}"}}')
        return self

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, question: str) -> list[object]:
        with closing(sqlite3.connect(self.database)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            return [row[0] for row in connection.execute(question)]

    def words(self) -> list[object]:
        settings = json.loads(self.data.joinpath("settings.json").read_text())["mail"]["1"]["signature"]
        apps = json.loads(self.config.joinpath("app_config.json").read_text())["apps"]
        return [*self.ask("SELECT name FROM client"), settings, apps]

    def back_up(self, target: Path) -> Path:
        return back_up(self.data, target, config=self.config, now=lambda: NOON)

    def restore(self, source: Path, *, with_access: bool = False) -> Path | None:
        return restore(source, self.data, with_access=with_access, config=self.config, now=lambda: NOON)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.data.parent)) for path in self.data.parent.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").fill("old")


@pytest.fixture
def file(home: Home, tmp_path: Path) -> Path:
    """A backup of another home."""
    return Home(tmp_path / "other").fill("new").back_up(tmp_path / "backup.zip")


def rebuild(source: Path, target: Path, change: Callable[[dict[str, bytes]], object], *, honest: bool = False) -> Path:
    """Make a changed copy of a backup; an honest one has a manifest that fits."""
    with zipfile.ZipFile(source) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    if honest:
        manifest = json.loads(files["manifest.json"])
        for name, content in files.items():
            if name != "manifest.json":
                manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in files.items():
            new.writestr(name, content)
    return target


def test_a_backup_holds_what_is_kept_and_no_secret(home: Home, tmp_path: Path) -> None:
    target = home.back_up(tmp_path / "backup.zip")
    with zipfile.ZipFile(target) as packed:
        assert sorted(packed.namelist()) == ["app_config.json", DATABASE_FILE, "manifest.json", "settings.json"]
        manifest = json.loads(packed.read("manifest.json"))
        assert all(b"hidden" not in packed.read(name) for name in packed.namelist())
        assert manifest["created_at"] == "2026-11-21T12:00:00Z"
        for name, content in manifest["files"].items():
            assert content == {
                "sha256": hashlib.sha256(packed.read(name)).hexdigest(),
                "size": packed.getinfo(name).file_size,
            }
    if os.name == "posix":
        assert target.stat().st_mode & 0o777 == 0o600
    assert not list(home.data.glob(".backup-*"))


def test_what_was_deleted_is_not_in_a_backup(home: Home, tmp_path: Path) -> None:
    home.run("PRAGMA secure_delete=OFF", "UPDATE client SET policies = 'forgotten'", "UPDATE client SET policies = '{}'")
    assert b"forgotten" in home.database.read_bytes()
    with zipfile.ZipFile(home.back_up(tmp_path / "backup.zip")) as packed:
        assert b"forgotten" not in packed.read(DATABASE_FILE)


def test_a_backup_can_be_made_while_the_data_is_written(home: Home, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as writer:
        writer.execute("UPDATE client SET name = 'stored'")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE client SET name = 'not yet'")
        file = home.back_up(tmp_path / "backup.zip")
        writer.execute("COMMIT")
    home.restore(file)
    assert home.ask("SELECT name FROM client") == ["stored"]


def test_a_backup_takes_the_place_of_an_older_one_at_most(home: Home, tmp_path: Path) -> None:
    target, letter = tmp_path / "backup.zip", tmp_path / "letter.txt"
    letter.write_text("Dear Bob")
    home.back_up(target)
    before = target.read_bytes()
    for wanted, overwrite in ((target, False), (letter, False), (letter, True)):
        with pytest.raises(Conflict, match="is there already"):
            back_up(home.data, wanted, overwrite=overwrite)
    assert (target.read_bytes(), letter.read_text()) == (before, "Dear Bob")
    back_up(home.data, target, overwrite=True)
    assert target.read_bytes() != before


def test_what_cannot_be_backed_up_is_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        home.back_up(tmp_path / "none" / "backup.zip")
    home.database.write_bytes(home.database.read_bytes()[:5_000])
    with pytest.raises(Unavailable, match="damaged"):
        home.back_up(tmp_path / "backup.zip")
    home.database.unlink()
    with pytest.raises(NotFound, match="nothing to back up"):
        home.back_up(tmp_path / "backup.zip")
    assert not tmp_path.joinpath("backup.zip").exists()


def test_a_restore_keeps_what_it_replaces_and_lets_nobody_in(home: Home, file: Path) -> None:
    kept = home.restore(file)
    assert home.words() == ["new"] * 3
    assert home.ask("SELECT revoked_at FROM api_key ORDER BY hash") == ["2026-11-21T12:00:00+00:00", "before"]
    assert home.ask("SELECT count(*) FROM idempotency") == [0]
    assert json.loads(home.data.joinpath("secrets.json").read_text()) == {"secret": "old-hidden"}
    assert kept == home.data / "before-restore-2026-11-21T120000Z"
    old = Home(home.data)
    old.data = old.config = kept
    old.database = kept / DATABASE_FILE
    assert old.words() == ["old"] * 3
    assert old.ask(LIVE_KEYS) == [1]
    assert home.files() == {
        *(f"data/{name}" for name in (DATABASE_FILE, "settings.json", "secrets.json")),
        "config/app_config.json",
        *(f"data/{kept.name}/{name}" for name in (DATABASE_FILE, "settings.json", "app_config.json")),
    }
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in (home.database, kept, home.config / "app_config.json")} == {0}


def test_with_access_its_keys_open_again(home: Home, file: Path) -> None:
    home.restore(file, with_access=True)
    assert home.ask(LIVE_KEYS) == [1]
    assert home.ask("SELECT count(*) FROM idempotency") == [1]


def test_two_restores_keep_what_each_replaced(home: Home, file: Path) -> None:
    first, second = home.restore(file), home.restore(file)
    assert first
    assert second
    assert first != second
    migrate(home.database)
    assert home.words() == ["new"] * 3


def test_a_computer_without_data_can_be_restored_to(tmp_path: Path, file: Path) -> None:
    fresh = Home(tmp_path / "fresh")
    fresh.data.mkdir(parents=True)
    fresh.config.mkdir()
    assert fresh.restore(file) is None
    assert fresh.words() == ["new"] * 3


def test_one_folder_for_everything_works_as_well(tmp_path: Path, file: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    restore(file, fresh, with_access=False)
    assert sorted(path.name for path in fresh.iterdir()) == ["app_config.json", DATABASE_FILE, "settings.json"]
    back_up(fresh, tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as packed:
        assert len(packed.namelist()) == 4


def test_a_file_that_the_backup_has_not_is_kept_aside(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other").fill("new")
    other.config.joinpath("app_config.json").unlink()
    kept = home.restore(other.back_up(tmp_path / "backup.zip"))
    assert kept
    assert not home.config.joinpath("app_config.json").exists()
    assert kept.joinpath("app_config.json").read_text() == '{"apps": "old"}'


def test_damaged_data_is_replaced_and_kept(home: Home, file: Path) -> None:
    home.database.write_bytes(b"not a database. " * 500)
    home.database.with_name(f"{DATABASE_FILE}-wal").write_bytes(b"nor this")
    kept = home.restore(file)
    assert kept
    assert home.words() == ["new"] * 3
    assert kept.joinpath(f"{DATABASE_FILE}-wal").read_bytes() == b"nor this"


def test_data_in_use_is_not_replaced(home: Home, file: Path) -> None:
    script = f"""
import sqlite3
connection = sqlite3.connect({str(home.database)!r})
connection.execute("SELECT * FROM client").fetchall()
print("open", flush=True)
input()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(Conflict, match="in use"):
            home.restore(file)
        other.communicate(b"\n")
    assert home.words() == ["old"] * 3
    home.restore(file)
    assert home.words() == ["new"] * 3


def with_statement(*statements: str) -> Callable[[dict[str, bytes]], object]:
    def change(files: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(files[DATABASE_FILE])
            for statement in statements:
                connection.execute(statement)
            files[DATABASE_FILE] = connection.serialize()

    return change


def change_manifest(**changes: object) -> Callable[[dict[str, bytes]], object]:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | changes).encode()

    return change


UNREVOKE = "CREATE TRIGGER t AFTER UPDATE ON api_key BEGIN UPDATE api_key SET revoked_at = NULL; END"
HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], object], bool, type[DeskhandError], str]] = {
    "no manifest": (lambda files: files.pop("manifest.json"), False, InvalidInput, "not a backup"),
    "broken manifest": (lambda files: files.update({"manifest.json": b"{"}), False, InvalidInput, "not a backup"),
    "huge manifest": (
        lambda files: files.update({"manifest.json": files["manifest.json"] + b" " * 70_000}),
        False,
        InvalidInput,
        "not a backup",
    ),
    "no database": (lambda files: files.pop(DATABASE_FILE), False, InvalidInput, "not a backup"),
    "another hash": (lambda files: files.update({"settings.json": b"{}"}), False, InvalidInput, "not a backup"),
    "an unknown file": (lambda files: files.update({"secrets.json": b"{}"}), True, InvalidInput, "not a backup"),
    "a way out": (lambda files: files.update({"../evil": b"{}"}), True, InvalidInput, "not a backup"),
    "an absolute path": (lambda files: files.update({"/tmp/evil": b"{}"}), True, InvalidInput, "not a backup"),
    "a bomb": (lambda files: files.update({"settings.json": bytes(17 << 20)}), True, InvalidInput, "not a backup"),
    "a newer format": (change_manifest(format=2), False, Conflict, "newer Deskhand"),
    "a broken database": (lambda files: files.update({DATABASE_FILE: b"x" * 9_000}), True, InvalidInput, "damaged"),
    "a foreign database": (with_statement("DROP TABLE alembic_version"), True, InvalidInput, "does not hold"),
    "a newer database": (
        with_statement("UPDATE alembic_version SET version_num = 'core_9999'"),
        True,
        Conflict,
        "newer Deskhand",
    ),
    "a statement that runs by itself": (with_statement(UNREVOKE), True, InvalidInput, "does not write"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_cannot_be_trusted_is_refused_and_nothing_is_replaced(
    home: Home, file: Path, tmp_path: Path, kind: str
) -> None:
    change, honest, error, sentence = HOSTILE[kind]
    before = home.files()
    with pytest.raises(error, match=sentence):
        home.restore(rebuild(file, tmp_path / "hostile.zip", change, honest=honest))
    assert home.words() == ["old"] * 3
    assert home.files() == before
    assert not tmp_path.joinpath("evil").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused(home: Home, tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath("file.zip").write_bytes(content)
    with pytest.raises(InvalidInput, match="not a backup"):
        home.restore(tmp_path / "file.zip")
    with pytest.raises(NotFound, match=r"no file none\.zip"):
        home.restore(tmp_path / "none.zip")


def test_an_archive_damaged_anywhere_changes_nothing(home: Home, file: Path, tmp_path: Path) -> None:
    whole, damaged = file.read_bytes(), tmp_path / "damaged.zip"
    for place in random.Random(1).sample(range(len(whole)), 100):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            home.restore(damaged)
        except (InvalidInput, Conflict):
            assert home.words() == ["old"] * 3
        else:  # a byte that means nothing, such as a date
            assert home.words() == ["new"] * 3
            home.run("UPDATE client SET name = 'old'")
            for path in (home.data / "settings.json", home.config / "app_config.json"):
                path.write_text(path.read_text().replace("new", "old"))


def test_a_disk_without_room_is_found_out_before_anything_is_written(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "ROOM_TO_LEAVE", 1 << 60)
    with pytest.raises(Unavailable, match="no room"):
        home.restore(file)
    assert home.words() == ["old"] * 3


# Forks a child for every step that touches the file system, which dies there; then one that dies in the middle of the repair.
KILLED_EVERYWHERE = """
import os, random, shutil, sys
from pathlib import Path
from server.storage.backup import finish_restore, restore

template, file, work = map(Path, sys.argv[1:])
STEPS = ("open", "os.", "shutil.", "sqlite3.connect")

def die_at(step, function, *arguments, **named):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step
    def count(event, arguments):
        nonlocal left
        if event.startswith(STEPS):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), 9)
    sys.addaudithook(count)
    function(*arguments, **named)
    os._exit(0)

shutil.copytree(template, work / "first")
restore(file, work / "first" / "data", with_access=False, config=work / "first" / "config")
shutil.rmtree(work / "first")
step = 0
while True:
    home = work / str(step)
    shutil.copytree(template, home)
    if die_at(step, restore, file, home / "data", with_access=False, config=home / "config") == 0:
        break
    shutil.copytree(home, work / f"{step}-again")
    die_at(random.randrange(30), finish_restore, work / f"{step}-again" / "data", work / f"{step}-again" / "config")
    step += 1
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork.")
def test_killed_at_any_step_it_is_all_old_or_all_new(home: Home, file: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    command = [sys.executable, "-c", KILLED_EVERYWHERE, str(home.data.parent), str(file), str(work)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=110)
    seen = set()
    for folder in work.iterdir():
        one = Home(folder)
        finish_restore(one.data, one.config)
        word = str(one.words()[0])
        assert one.words() == [word] * 3, folder.name
        assert one.ask(LIVE_KEYS) == ([1] if word == "old" else [0]), folder.name
        assert not list(one.data.rglob("restoring*")) + list(one.config.glob("restoring*"))
        seen.add(word)
    assert seen == {"old", "new"}
    assert len(list(work.iterdir())) > 50
    shutil.rmtree(work)
