import pytest
from sqlalchemy import insert

from server.core.errors import NotFound
from server.integrations.conversations.live.project_rows import list_rows, view_row
from server.integrations.conversations.store import tables

pytestmark = pytest.mark.anyio


async def test_projects_of_both_databases_are_listed_with_their_conversations_and_costs(live) -> None:
    row = {"id": "g-p-1", "name": "Old"}
    await live.context.archive.write(lambda connection: connection.execute(insert(tables.project), row) and None)
    chat, posted = await live.ask("Hello")
    await live.end(chat, posted)
    default, imported = await list_rows(live.service)
    assert (default.name, default.chat_count, default.is_imported, float(default.spent) > 0) == ("Default", 1, False, True)
    assert (imported.name, imported.is_imported, imported.spent) == ("Old", True, None)
    with pytest.raises(NotFound):
        await view_row(live.service, "unknown")
