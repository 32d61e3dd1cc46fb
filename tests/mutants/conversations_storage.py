"""Wrong changes in the archive, its backups, and in exporting and deleting conversations that the tests must notice."""

from tests.mutants.mutant import Mutant

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
]
