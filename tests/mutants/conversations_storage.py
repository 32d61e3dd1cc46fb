"""Wrong changes in the archive, its backups, and in exporting and deleting conversations that the tests must notice."""

from tests.mutants.mutant import Mutant

BACKUP = "tests/server/storage/test_backup.py"
MUTANTS = [
    Mutant(
        "server/storage/archive.py",
        "        has_content(path)\n",
        "",
        ("tests/server/storage/test_archive.py::test_archive_that_cannot_be_used_is_a_sentence_at_each_use",),
    ),
    Mutant(
        "server/storage/archive.py",
        "    if isinstance(error, Unavailable) and not is_damage(error):",
        "    if isinstance(error, Unavailable):",
        ("tests/server/storage/test_archive.py::test_archive_that_is_damaged_while_it_is_open_is_a_sentence",),
    ),
    Mutant(
        "server/storage/migrations.py",
        "    bring_up_to_date(path, folders, copies=0)",
        "    bring_up_to_date(path, folders, KEPT_COPIES)",
        ("tests/server/storage/test_archive.py::test_migration_of_an_archive_copies_nothing",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "        if size > largest:\n",
        "        if False:\n",
        ("tests/server/sdk/test_uploads.py::test_upload_beyond_the_limit_leaves_nothing",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "    if expected and needed > shutil.disk_usage(path.parent).free:",
        "    if False:",
        ("tests/server/sdk/test_uploads.py::test_upload_that_the_disk_has_no_room_for_is_refused_before_it_is_read",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "    except BaseException:\n        path.unlink(missing_ok=True)\n        raise",
        "    except BaseException:\n        raise",
        ("tests/server/sdk/test_uploads.py::test_upload_whose_browser_goes_away_leaves_nothing",),
    ),
    Mutant(
        "server/sdk/uploads.py",
        "        if path.name not in needed:\n",
        "        if True:\n",
        ("tests/server/sdk/test_uploads.py::test_start_removes_uploads_except_those_that_are_needed",),
    ),
    Mutant(
        "desktop/window/window.py",
        "    tell(None)  # a dialog has ended with it\n",
        "",
        ("tests/desktop/window/test_window.py::test_second_dialog_is_refused_and_the_end_of_the_window_ends_the_first",),
    ),
    Mutant(
        "server/storage/restored_database.py",
        "        if read_indexes(connection) != indexes:",
        "        if False:",
        (BACKUP,),
    ),
    Mutant(
        "server/storage/restored_database.py",
        'any(not INDEX.match(sql or "") for (sql,) in every)',
        "any(not sql for (sql,) in every)",
        (BACKUP,),
    ),
    Mutant(
        "server/storage/backup.py", "for name in DATABASES & manifest.files.keys():", "for name in [DATABASE_FILE]:", (BACKUP,)
    ),
    Mutant("server/storage/backup.py", "    if ARCHIVE_FILE in manifest.files:", "    if False:", (BACKUP,)),
    Mutant("server/storage/restore_journal.py", '        if ARCHIVE_FILE in journal["prepared"]:', "        if True:", (BACKUP,)),
    Mutant(
        "server/storage/backup_files.py",
        "    if left or actual.digest() != digest:",
        "    if left:",
        ("tests/server/storage/test_backup_files.py",),
    ),
    Mutant(
        "server/storage/backup_archive.py",
        "        if reader.sha256 != content.sha256:",
        "        if False:",
        ("tests/server/storage/test_backup_archive.py",),
    ),
    Mutant(
        "server/storage/revocation.py",
        "if revocation.is_pending or not with_access",
        "if not with_access",
        ("tests/server/storage/test_revocation.py",),
    ),
    Mutant(
        "server/storage/revocation.py",
        "*([or_(*others)] if others else [])",
        "*[]",
        (BACKUP,),
    ),
]
