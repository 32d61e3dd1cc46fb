import hashlib
import json
import random
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server.core.errors import Conflict, DeskhandError, InvalidInput, NotFound, Unavailable
from server.storage import backup_archive
from server.storage.backup_files import HEADER
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from tests.server.storage.conftest import THEN, Home


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


KEY_COLUMNS = "hash BLOB NOT NULL PRIMARY KEY, client_id TEXT NOT NULL, hint TEXT NOT NULL, created_at TEXT NOT NULL"
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
    "other content of the same size": (
        lambda files: files.update({"settings.json": b"x" * len(files["settings.json"])}),
        False,
        InvalidInput,
        "not a backup",
    ),
    "a file that the manifest has not": (
        lambda files: files.update({"more": b"{}"}),
        False,
        InvalidInput,
        "not a backup",
    ),
    "damage deep in the database": (
        lambda files: files.update({DATABASE_FILE: files[DATABASE_FILE][:-4_096] + b"\xff" * 4_096}),
        True,
        InvalidInput,
        "damaged",
    ),
    "another hash": (lambda files: files.update({"settings.json": b"{}"}), False, InvalidInput, "not a backup"),
    "an unknown file": (lambda files: files.update({"secrets.json": b"{}"}), True, InvalidInput, "not a backup"),
    "a way out": (lambda files: files.update({"../evil": b"{}"}), True, InvalidInput, "not a backup"),
    "an absolute path": (lambda files: files.update({"/tmp/evil": b"{}"}), True, InvalidInput, "not a backup"),
    "a bomb": (lambda files: files.update({"settings.json": bytes(17 << 20)}), True, InvalidInput, "not a backup"),
    "a newer format": (change_manifest(format=3), False, Conflict, "newer Deskhand"),
    "a broken database": (lambda files: files.update({DATABASE_FILE: b"x" * 9_000}), True, InvalidInput, "damaged"),
    "a foreign database": (with_statement("DROP TABLE alembic_version"), True, InvalidInput, "does not hold"),
    "a newer database": (
        with_statement("UPDATE alembic_version SET version_num = 'core_9999'"),
        True,
        Conflict,
        "newer Deskhand",
    ),
    "a key that cannot be revoked": (
        with_statement(
            "ALTER TABLE api_key RENAME TO old",
            f"CREATE TABLE api_key ({KEY_COLUMNS}, revoked_at TEXT UNIQUE ON CONFLICT IGNORE)",
            "INSERT INTO api_key SELECT * FROM old",
            f"INSERT INTO api_key VALUES (x'03', 'c', 'dh_c', '{THEN}', NULL), (x'04', 'c', 'dh_d', '{THEN}', NULL)",
        ),
        True,
        InvalidInput,
        "does not write",
    ),
    "a key that refuses to be revoked": (
        with_statement(
            "ALTER TABLE api_key RENAME TO old",
            f"CREATE TABLE api_key ({KEY_COLUMNS}, revoked_at TEXT CHECK (revoked_at IS NULL))",
            f"INSERT INTO api_key VALUES (x'03', 'c', 'dh_c', '{THEN}', NULL)",
        ),
        True,
        InvalidInput,
        "does not write",
    ),
    "a key that goes on when others are revoked": (
        with_statement(
            "ALTER TABLE api_key RENAME TO old",
            f"CREATE TABLE api_key ({KEY_COLUMNS}, revoked_at TEXT UNIQUE ON CONFLICT IGNORE)",
            f"INSERT INTO api_key VALUES (x'03', 'c', 'dh_c', '{THEN}', NULL)",
            "DROP TABLE old",
        ),
        True,
        InvalidInput,
        "does not write",
    ),
    "a version that its tables are not of": (
        with_statement("UPDATE alembic_version SET version_num = 'core_0004'"),
        True,
        InvalidInput,
        "does not write",
    ),
    "a value that nobody writes": (with_statement("UPDATE client SET scopes = 'all'"), True, InvalidInput, "does not write"),
    "a version that never was": (
        with_statement("UPDATE alembic_version SET version_num = 'core_0000'"),
        True,
        InvalidInput,
        "does not write",
    ),
    "a virtual table": (with_statement("CREATE VIRTUAL TABLE t USING fts5(x)"), True, InvalidInput, "does not write"),
    "a statement that runs by itself": (with_statement(UNREVOKE), True, InvalidInput, "does not write"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_untrusted_archive_is_refused_and_nothing_is_replaced(home: Home, file: Path, tmp_path: Path, kind: str) -> None:
    change, honest, error, sentence = HOSTILE[kind]
    before = home.files()
    with pytest.raises(error, match=sentence):
        home.restore(rebuild(file, tmp_path / "hostile.zip", change, honest=honest))
    assert home.words() == ["old"] * 3
    assert home.files() == before
    assert not tmp_path.joinpath("evil").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archive_that_could_be_unpacked_without_a_limit_is_refused(home: Home, file: Path, tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "hostile.zip", "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(InvalidInput, match="not a backup"):
        home.restore(tmp_path / "hostile.zip")


def test_manifest_is_not_unpacked_beyond_its_declared_size(home: Home, tmp_path: Path) -> None:
    size = 64 << 20
    with zipfile.ZipFile(tmp_path / "hostile.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", bytes(size))
    content = (tmp_path / "hostile.zip").read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    (tmp_path / "hostile.zip").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match="not a backup"):
            home.restore(tmp_path / "hostile.zip")
        assert tracemalloc.get_traced_memory()[1] < size / 8
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_file_that_is_no_archive_is_refused(home: Home, tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath("file.zip").write_bytes(content)
    with pytest.raises(InvalidInput, match="not a backup"):
        home.restore(tmp_path / "file.zip")
    with pytest.raises(NotFound, match=r"no file none\.zip"):
        home.restore(tmp_path / "none.zip")


def test_archive_damaged_anywhere_changes_nothing(home: Home, file: Path, tmp_path: Path) -> None:
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
            path = home.data / "settings.json"
            path.write_text(path.read_text().replace("new", "old"))


def test_archive_that_begins_before_its_file_is_refused(home: Home, file: Path, tmp_path: Path) -> None:
    whole, damaged = bytearray(file.read_bytes()), tmp_path / "damaged.zip"
    offset = whole.rindex(b"PK\5\6") + 16  # of the central directory
    moved = int.from_bytes(whole[offset : offset + 4], "little") + len(whole)  # the manifest is last, and begins before it too
    whole[offset : offset + 4] = moved.to_bytes(4, "little")
    damaged.write_bytes(whole)
    with pytest.raises(InvalidInput, match="damaged"):
        home.restore(damaged)
    assert not backup_archive.is_backup(damaged)
    assert home.words() == ["old"] * 3


def test_full_disk_is_detected_before_unpacking(home: Home, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_archive, "ROOM_TO_LEAVE", 1 << 60)
    with pytest.raises(Unavailable, match="no room"):
        home.restore(file)
    assert home.words() == ["old"] * 3


def test_files_of_an_archive_have_to_be_those_of_the_manifest(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other").fill("new").fill_archive("new", b"a", b"b")
    file = other.back_up(tmp_path / "backup.zip", with_archive=True)
    record, before = HEADER.pack(hashlib.sha256(b"c").digest(), 1) + b"c", home.files()
    with zipfile.ZipFile(file) as packed:
        assert packed.read(ARCHIVE_FILES)[:41] != record
    for change in (lambda content: record + content[41:], lambda content: content[:-1] + b"x"):
        with pytest.raises(InvalidInput, match="not a backup"):
            home.restore(rebuild(file, tmp_path / "hostile.zip", lambda files, change=change: change_files(files, change)))
        assert home.files() == before


def change_files(files: dict[str, bytes], change: Callable[[bytes], bytes]) -> None:
    files[ARCHIVE_FILES] = change(files[ARCHIVE_FILES])
