from sqlalchemy import inspect

from server.integrations.omi.store.tables import metadata


def test_migration_makes_the_tables_of_the_code(pendant) -> None:
    def compare(connection) -> None:
        there = inspect(connection)
        for name, table in metadata.tables.items():
            assert {column["name"] for column in there.get_columns(name)} == set(table.columns.keys()), name
            assert set(there.get_pk_constraint(name)["constrained_columns"]) == {one.name for one in table.primary_key}, name
            assert {one["name"] for one in there.get_indexes(name) if one["name"]} == {one.name for one in table.indexes}, name

    pendant.read(compare)
