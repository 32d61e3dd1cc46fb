import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server.access.tables import metadata


def test_tables_match_the_migrations(opened) -> None:
    async def main() -> list:
        async with opened() as state:
            return await state.context.database.read(differences)

    def differences(connection) -> list:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        differences_found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return [str(difference) for difference in differences_found]

    assert asyncio.run(main()) == []
