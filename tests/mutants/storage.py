"""Wrong changes in storage: what is acknowledged is on the disk, and a backup lets nobody in."""

from tests.mutants.mutant import Mutant

HERE = "server/storage"
TESTS = "tests/server/storage"


def change(name: str, before: str, after: str, *tests: str) -> Mutant:
    """Change a module that is tested by the test file of its name, unless others are named."""
    return Mutant(f"{HERE}/{name}.py", before, after, tuple(f"{TESTS}/test_{test}.py" for test in tests or (name,)))


MUTANTS = [
    change("batches", "calls = calls or self._take()", "pass"),
    change("batches", "if len(self._waiting) >= self._limits.jobs:", "if False:"),
    change("batches", "while len(calls) < self._limits.batch", "while True"),
    change("batches", "        self._start_next()  # more", "        # more"),
    change("settings", "known is None or known[0] is not stored", "known is None"),
    change("database", "DBAPIError | sqlite3.Error", "DBAPIError"),
    change("database", "(DBAPIError, sqlite3.Error, StopIteration)", "(DBAPIError, StopIteration)"),
    change("database", 'driver.execute("ROLLBACK TO job")\n', "pass\n"),
    change("database", "        require_transaction(driver)\n", ""),
    change(
        "database",
        "self._loop.call_soon_threadsafe(resolve_all, outcomes)",
        "self._loop.call_soon_threadsafe(resolve_all, outcomes[1:])",
    ),
    change("database", "if self._jobs.qsize() >= self._limits.jobs:", "if False:"),
    change("database", "        self._closed = True\n", ""),
    change("database", "[job for job in batch if job and not job.caller.cancelled()]", "[job for job in batch if job]"),
    change("database", "        if self.job.caller.done():\n            return\n", ""),
    change("database", "isinstance(error, Exception) and not isinstance(error, StopIteration)", "isinstance(error, Exception)"),
    change("sqlite", "hide_parameters=True", "hide_parameters=False", "database"),
    change("sqlite", '"synchronous": "FULL"', '"synchronous": "OFF"', "database"),
    change("sqlite", '"query_only": "ON", ', "", "database"),
    change("sqlite", '"journal_mode": "WAL"', '"journal_mode": "DELETE"', "database"),
    change("sqlite", '"foreign_keys": "ON", ', "", "database"),
    change("sqlite", '    if said != [b"ok"]:\n', "    if not said:\n"),
    change("sqlite", "retry_after=1 if code in PASSING else None", "retry_after=None"),
    change(
        "migrations",
        "            with connection.begin():\n                upgrade(connection, driver, path, folders, copies)",
        "            upgrade(connection, driver, path, folders, copies)",
    ),
    change("migrations", "    if versions and copies:\n        keep_snapshot(path, pending[0], copies)\n", ""),
    change("migrations", '    if broken := driver.execute("PRAGMA foreign_key_check").fetchmany(3):', "    if broken := None:"),
    change("migrations", "        connection.execute(REMEMBER, foreign)", "        pass"),
    change(
        "schema_versions",
        "        if branch in newest and version > newest[branch]:",
        "        if False:",
        "schema_versions",
        "migrations",
    ),
    change(
        "backup_archive",
        "if content.size > LARGEST.get(name, -1) or content.size != archive.getinfo(name).file_size:",
        "if content.size != archive.getinfo(name).file_size:",
    ),
    change("backup_archive", "or hash_file(path) != content.sha256:", "or False:"),
    change("backup_archive", "    if needed > shutil.disk_usage(folder).free:", "    if False:"),
    change(
        "backup_archive",
        "    if names != sorted((MANIFEST_FILE, *manifest.files)) or DATABASE_FILE not in manifest.files:",
        "    if DATABASE_FILE not in manifest.files:",
    ),
    change("backup_archive", "    if manifest.format > FORMAT:", "    if False:"),
    change("backup", "        revoke(path)\n", "", "backup"),
    change("backup", "    if not stat.S_ISREG(existing.st_mode) or not backup_archive.is_backup(target):", "    if False:"),
    change("backup", "    if not overwrite:\n", "    if False:\n"),
    change("backup", "        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:", "        if False:"),
    change("backup", "    if not looks_like_database(path):\n        return", "    if False:\n        return"),
    change("restore_journal", "    write_json(places.journal,", "    finish(places)\n    write_json(places.journal,"),
    change("restore_journal", "    if is_prepared and not new.exists():\n        return", "    if False:\n        return"),
    change("restore_journal", "        replace_file(replaced / name, target.read_bytes())\n", "", "backup"),
    change("backup", "    consolidate_database(path)\n    sync(path)\n", "    consolidate_database(path)\n"),
    change("backup_archive", "        sync(new)\n", "", "backup"),
    change("snapshots", "        sync(new)\n", ""),
    change("secrets", "        self._index.record(name, stored=True)  # first", "        pass  # first"),
    change(
        "secrets",
        '            aside = move_aside(self._path, utc_now)\n            self.problem = f"The secrets',
        '            aside = self._path\n            self.problem = f"The secrets',
    ),
    change("secrets", "seconds, lambda: self._forget(name))", "seconds)"),
    change("keyring_worker", "        if self.is_resting:\n", "        if False:\n"),
    change("keyring_worker", "            if call.is_abandoned:\n                return\n", ""),
    change("keyring_worker", "                elif undo:\n                    undo()", ""),
    change(
        "keyrings",
        "not plain and not isinstance(backend, fail.Keyring | null.Keyring)",
        "not isinstance(backend, fail.Keyring | null.Keyring)",
    ),
    change("keyrings", 'side, other = ("b", "a") if old and old["side"] == "a" else ("a", "b")', 'side, other = "a", "b"'),
    change("keyrings", "if None not in others else None", ""),
    change("settings", "return copy.deepcopy(self._tables)", "return self._tables"),
    change("settings", "            aside = move_aside(path, now)\n", "            aside = path\n"),
    change(
        "settings",
        "self._store(section, value)\n            return value",
        "self._sections[section] = value.model_dump(mode='json')\n            return value",
    ),
    change("settings", '    merged = {**stored, **value.model_dump(mode="json")}', '    merged = value.model_dump(mode="json")'),
    change("data_dir", "        if grants_access(folder.stat(), stat.S_IWGRP, stat.S_IWOTH):", "        if False:"),
    change("data_dir", "    if not demo and is_demo:", "    if False:"),
    change("data_dir", "    if demo and is_own and not is_demo:", "    if False:"),
    change("data_dir", "        lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.02)", "        pass"),
    change("data_dir", "        folder.chmod(0o700)", "        pass"),
    change("data_dir", "marker.is_file(), (data", "marker.exists(), (data"),
    change("revocation", '    Revocation("oauth_token"),\n', ""),
    change("revocation", '    Revocation("idempotency"),\n', ""),
    change("revocation", '    Revocation("approval"),\n', ""),
    change("snapshots", "    for old in sorted(", "    for old in [] and sorted("),
    Mutant(
        "server/storage/backup_archive.py",
        "error.errno != errno.EINVAL",
        "True",
        ("tests/server/storage/test_backup_archive.py::test_archive_that_begins_before_its_file_is_refused",),
    ),
]
