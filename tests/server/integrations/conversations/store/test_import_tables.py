from sqlalchemy import NullPool, create_engine, inspect

from server.integrations.conversations.store.import_tables import metadata
from server.storage.migrations import migrate_archive
from tests.server.integrations.conversations.library_setup import ARCHIVE_MIGRATIONS


def test_tables_are_those_of_the_migrations(tmp_path):
    migrate_archive(tmp_path / "archive.db", [ARCHIVE_MIGRATIONS])
    inspected = inspect(create_engine(f"sqlite:///{tmp_path / 'archive.db'}", poolclass=NullPool))
    for table in metadata.sorted_tables:
        columns = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspected.get_columns(table.name)}
        assert columns == {column.name: (str(column.type), column.nullable) for column in table.columns}
        assert {index["name"] for index in inspected.get_indexes(table.name)} == {index.name for index in table.indexes}
