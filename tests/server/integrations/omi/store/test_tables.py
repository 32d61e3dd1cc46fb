from sqlalchemy import inspect

from server.integrations.omi.store.tables import metadata


def test_migration_makes_the_tables_of_the_code(pendant) -> None:
    def compare(connection) -> None:
        there = inspect(connection)
        for name, table in metadata.tables.items():
            assert {column["name"] for column in there.get_columns(name)} == set(table.columns.keys()), name
            assert set(there.get_pk_constraint(name)["constrained_columns"]) == {item.name for item in table.primary_key}, name
            assert {item["name"] for item in there.get_indexes(name) if item["name"]} == {item.name for item in table.indexes}, (
                name
            )

    pendant.read(compare)
