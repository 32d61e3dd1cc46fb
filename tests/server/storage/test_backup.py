import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from server.storage.archive import ARCHIVE_FILE
from server.storage.backup import back_up, restore
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from server.storage.migrations import migrate
from tests.server.storage.conftest import LIVE_KEYS, THEN, Home


def test_backup_holds_data_and_no_secret(home: Home, tmp_path: Path) -> None:
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


def test_deleted_data_is_not_in_a_backup(home: Home, tmp_path: Path) -> None:
    body = "forgotten" * 1_000
    home.run(
        "PRAGMA secure_delete=OFF",  # some builds of SQLite have it on
        f"INSERT INTO idempotency VALUES ('c', 'l', 'h', 2, 'then', 200, '{body}')",
        "DELETE FROM idempotency",
    )
    assert b"forgotten" in home.database.read_bytes()
    with zipfile.ZipFile(home.back_up(tmp_path / "backup.zip")) as packed:
        assert b"forgotten" not in packed.read(DATABASE_FILE)


def test_backup_can_be_made_while_the_data_is_written(home: Home, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as writer:
        writer.execute("UPDATE client SET name = 'stored'")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE client SET name = 'not yet'")
        file = home.back_up(tmp_path / "backup.zip")
        writer.execute("COMMIT")
    home.restore(file)
    assert home.ask("SELECT name FROM client") == ["stored"]


def test_backup_replaces_nothing_but_an_older_backup(home: Home, tmp_path: Path) -> None:
    target, letter = tmp_path / "backup.zip", tmp_path / "letter.txt"
    letter.write_text("Dear Bob")
    home.back_up(target)
    before = target.read_bytes()
    for wanted, overwrite in ((target, False), (letter, False), (letter, True)):
        with pytest.raises(Conflict, match=r"is there already|no backup of Deskhand"):
            back_up(home.data, wanted, overwrite=overwrite)
    assert (target.read_bytes(), letter.read_text()) == (before, "Dear Bob")
    back_up(home.data, target, overwrite=True)
    assert target.read_bytes() != before


def test_impossible_backup_is_a_sentence(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        home.back_up(tmp_path / "none" / "backup.zip")
    home.database.write_bytes(home.database.read_bytes()[:5_000])
    with pytest.raises(Unavailable, match="damaged"):
        home.back_up(tmp_path / "backup.zip")
    home.database.write_bytes(b"")
    with pytest.raises(Unavailable, match="is empty"):
        home.back_up(tmp_path / "backup.zip")
    home.database.unlink()
    with pytest.raises(NotFound, match="nothing to back up"):
        home.back_up(tmp_path / "backup.zip")
    assert not tmp_path.joinpath("backup.zip").exists()


def test_restore_keeps_replaced_data_and_revokes_access(home: Home, file: Path) -> None:
    restored = home.restore(file)
    assert home.words() == ["new"] * 3
    assert home.ask("SELECT revoked_at FROM api_key ORDER BY hash") == ["2026-11-21T12:00:00+00:00", THEN]
    assert home.ask("SELECT count(*) FROM idempotency") == [0]
    assert json.loads(home.data.joinpath("secrets.json").read_text()) == {"secret": "old-hidden"}
    assert restored == home.data / "before-restore-2026-11-21T120000Z"
    assert json.loads(home.config.joinpath("app_config.json").read_text()) == {"apps": "old"}
    old = Home(home.data)
    old.data, old.config = restored, home.config
    old.database = restored / DATABASE_FILE
    assert old.words() == ["old"] * 3
    assert old.ask(LIVE_KEYS) == [1]
    assert home.files() == {
        *(f"data/{name}" for name in (DATABASE_FILE, "settings.json", "secrets.json")),
        "config/app_config.json",
        *(f"data/{restored.name}/{name}" for name in (DATABASE_FILE, "settings.json")),
    }
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in (home.database, restored, home.data / "settings.json")} == {0}


def test_backup_and_restored_files_are_on_the_disk_before_they_have_their_names(
    home: Home, file: Path, durable, tmp_path
) -> None:
    home.restore(file)
    targets = [
        home.database,
        home.data / "settings.json",
        home.back_up(tmp_path / "another.zip"),
    ]
    assert {target: durable[target] for target in targets} == dict.fromkeys(targets, True)


def test_restore_with_access_keeps_keys(home: Home, file: Path) -> None:
    home.restore(file, with_access=True)
    assert home.ask(LIVE_KEYS) == [1]
    assert home.ask("SELECT count(*) FROM idempotency") == [1]


def test_repeated_restore_keeps_the_data_replaced_each_time(home: Home, file: Path) -> None:
    first, second = home.restore(file), home.restore(file)
    assert first
    assert second
    assert first != second
    migrate(home.database)
    assert home.words() == ["new"] * 3


def test_restore_works_without_existing_data(tmp_path: Path, file: Path) -> None:
    fresh = Home(tmp_path / "fresh")
    fresh.data.mkdir(parents=True)
    fresh.config.mkdir()
    assert fresh.restore(file) is None
    assert fresh.words() == ["new"] * 3


def test_restore_works_in_a_single_folder(tmp_path: Path, file: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    restore(file, fresh)
    assert sorted(path.name for path in fresh.iterdir()) == [DATABASE_FILE, "settings.json"]
    back_up(fresh, tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as packed:
        assert len(packed.namelist()) == 3


def test_file_missing_in_the_backup_stays(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other").fill("new")
    other.config.joinpath("app_config.json").unlink()
    restored = home.restore(other.back_up(tmp_path / "backup.zip"))
    assert restored
    assert home.apps() == "old"


def test_damaged_data_is_replaced_and_kept(home: Home, file: Path) -> None:
    home.database.write_bytes(b"not a database. " * 500)
    home.database.with_name(f"{DATABASE_FILE}-wal").write_bytes(b"nor this")
    restored = home.restore(file)
    assert restored
    assert home.words() == ["new"] * 3
    assert restored.joinpath(f"{DATABASE_FILE}-wal").read_bytes() == b"nor this"


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


def test_backup_leaves_neighbouring_files_alone(home: Home, tmp_path: Path) -> None:
    (tmp_path / "thesis.zip.new").write_text("my only copy")
    home.back_up(tmp_path / "thesis.zip")
    assert (tmp_path / "thesis.zip.new").read_text() == "my only copy"


@pytest.mark.parametrize("kind", ["zip", "link", "pipe"])
def test_foreign_file_is_not_overwritten_by_a_backup(home: Home, tmp_path: Path, kind: str) -> None:
    letter, target = tmp_path / "letter.docx", tmp_path / "target"
    with zipfile.ZipFile(letter, "w") as packed:
        packed.writestr("word/document.xml", "dear")
    before = letter.read_bytes()
    {"zip": letter.rename, "link": lambda new: new.symlink_to(letter), "pipe": os.mkfifo}[kind](target)
    with pytest.raises(Conflict, match="no backup of Deskhand"):
        back_up(home.data, target, overwrite=True)
    assert (target if kind == "zip" else letter).read_bytes() == before


@pytest.mark.parametrize("name", ["x" * 300, "\ud800", "\udc80.zip", "x\0"])
def test_impossible_file_name_is_a_sentence(home: Home, tmp_path: Path, name: str) -> None:
    for overwrite in (False, True):
        with pytest.raises(InvalidInput, match="No file can have this name"):
            back_up(home.data, tmp_path / name, overwrite=overwrite)


def test_long_file_name_works_and_failure_leaves_nothing(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    back_up(home.data, folder / ("x" * 255))
    assert [len(file.name) for file in folder.iterdir()] == [255]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A backup of another home with its archive."""
    other = Home(tmp_path / "large").fill("new").fill_archive("new", b"picture", b"sound" * 1_000_000)
    return other.back_up(tmp_path / "large.zip", with_archive=True)


def test_archive_is_in_a_backup_only_if_wanted(home: Home, file: Path, large: Path, tmp_path: Path) -> None:
    home.fill_archive("old")
    assert home.back_up(tmp_path / "small.zip").stat().st_size < 100_000
    for path, names, number in ((tmp_path / "small.zip", set(), 1), (large, {ARCHIVE_FILE, ARCHIVE_FILES}, 2)):
        with zipfile.ZipFile(path) as packed:
            assert set(packed.namelist()) & {ARCHIVE_FILE, ARCHIVE_FILES} == names
            assert json.loads(packed.read("manifest.json"))["format"] == number, "an earlier version refuses only what it lacks"
    assert home.back_up(tmp_path / "none.zip", with_archive=True), "there may be none"


def test_restore_replaces_the_archive_and_keeps_the_former(home: Home, large: Path) -> None:
    home.fill_archive("old", b"picture", b"mine")
    replaced = home.restore(large)
    assert replaced
    assert home.words() == ["new"] * 3
    assert home.notes() == ["new"]
    assert home.contents() == {b"picture", b"mine", b"sound" * 1_000_000}, "the former archive's files stay with it"
    restored = home.place(b"sound" * 1_000_000)
    assert {path.stat().st_mode & 0o077 for path in (restored, restored.parent, home.archive)} == {0}
    former = Home(replaced)
    former.archive = replaced / ARCHIVE_FILE
    assert former.notes() == ["old"]
    with closing(sqlite3.connect(home.archive)) as connection:
        assert connection.execute("SELECT days FROM note").fetchall() == [(None,)], "revoked there, too"


def test_restore_of_a_backup_without_archive_leaves_the_present_one(home: Home, file: Path) -> None:
    home.fill_archive("old", b"mine")
    with closing(sqlite3.connect(home.archive)) as reader:
        reader.execute("SELECT * FROM note").fetchall()
        home.restore(file)
    assert (home.words(), home.notes(), home.contents()) == (["new"] * 3, ["old"], {b"mine"})


def test_archive_in_use_is_not_replaced(home: Home, large: Path) -> None:
    home.fill_archive("old")
    with closing(sqlite3.connect(home.archive, isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode=WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        with pytest.raises(Conflict, match="in use"):
            home.restore(large)
    assert (home.words(), home.notes(), home.contents()) == (["old"] * 3, ["old"], set())


def test_damaged_archive_stops_only_a_backup_with_it(home: Home, tmp_path: Path) -> None:
    home.fill_archive("old")
    home.archive.write_bytes(b"no database" * 1_000)
    assert home.back_up(tmp_path / "without.zip")
    with pytest.raises(Unavailable, match="archive of imported history is damaged"):
        home.back_up(tmp_path / "with.zip", with_archive=True)
    assert not (tmp_path / "with.zip").exists()
    assert not list(home.data.glob(".backup-*"))


HARMS = {
    "a trigger": "CREATE TRIGGER t AFTER DELETE ON note BEGIN DELETE FROM note; END",
    "another index": "CREATE VIRTUAL TABLE other USING fts5(word)",
    "a virtual table of another kind": "CREATE VIRTUAL TABLE other USING rtree(a, b, c)",
    "a value that nobody writes": "UPDATE note SET word = x'00'",
    "text that is none": "UPDATE note SET word = CAST(x'ff' AS TEXT)",
    "a missing column": "ALTER TABLE note DROP COLUMN days",
    "no version": "DELETE FROM alembic_version",
}


@pytest.mark.parametrize("harm", HARMS)
def test_untrusted_archive_database_is_refused(home: Home, tmp_path: Path, harm: str) -> None:
    home.fill_archive("old", b"mine")
    other = Home(tmp_path / "hostile").fill("new").fill_archive("new", b"theirs")
    other.run(HARMS[harm], database=other.archive)
    file, before = other.back_up(tmp_path / "hostile.zip", with_archive=True), home.files()
    with pytest.raises(InvalidInput, match=r"does not write|does not hold"):
        home.restore(file)
    assert (home.words(), home.notes(), home.files()) == (["old"] * 3, ["old"], before)
