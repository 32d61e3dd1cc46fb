"""The tables are those that the migrations of both databases make."""

from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine

from server.integrations import conversations
from server.integrations.conversations.store.tables import metadata
from server.storage.migrations import migrate, migrate_archive

FOLDER = Path(conversations.__file__).parent


def describe(tables: MetaData) -> dict[str, object]:
    """Describe tables by their columns, indexes and foreign keys."""
    return {
        table.name: (
            [(column.name, str(column.type), column.nullable, column.primary_key) for column in table.columns],
            {(index.name, tuple(index.columns.keys()), bool(index.unique)) for index in table.indexes},
            {(key.parent.name, key.target_fullname, key.ondelete) for key in table.foreign_keys},
        )
        for table in tables.sorted_tables
    }


@pytest.mark.parametrize("is_archive", [False, True])
def test_tables_are_as_the_migrations_make_them(tmp_path, is_archive):
    path = tmp_path / "made.db"
    if is_archive:
        migrate_archive(path, [FOLDER / "archive_migrations"])
    else:
        migrate(path, [FOLDER / "migrations"])
    made = MetaData()
    engine = create_engine(f"sqlite:///{path}")
    made.reflect(engine, only=lambda name, _: name in metadata.tables)
    engine.dispose()
    expected = describe(metadata)
    if is_archive:
        del expected["chat_openai_deletion"]
    assert describe(made) == expected
