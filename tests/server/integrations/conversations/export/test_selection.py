import json
from typing import Any

import pytest

from server.core.errors import NotFound
from server.integrations.conversations.models import Source
from tests.server.integrations.conversations.exporting import AT, export


async def test_selection_is_by_ids_or_by_search_project_year_source_and_star(shelf):
    await shelf.add("old", "zebras", updated_at=AT - 400 * 86_400, project="p", import_id=4)
    await shelf.add("new", "zebras and lions", updated_at=AT, starred=True)
    await shelf.add("live", "lions", updated_at=AT, imported=False)
    await shelf.add("secret", "zebras", temporary=True, imported=False)

    async def ids(**order: Any) -> set[str]:
        packed = await export(shelf, format="json", **order)
        return {chat["id"] for chat in json.loads(packed.read("conversations.json"))}

    assert await ids() == {"old", "new", "live"}
    assert await ids(ids=["old", "none", "old", "secret"]) == {"old", "secret"}
    assert await ids(query="zebras") == {"old", "new"}
    assert await ids(query="zebras", year=2026) == {"new"}
    assert await ids(year=2026) == {"new", "live"}
    assert await ids(project="p") == {"old"}
    assert await ids(query="lions", source=Source.openai) == {"live"}
    assert await ids(starred=True) == {"new"}
    assert await ids(imported_by=4) == await ids(query="zebras", imported_by=4) == {"old"}
    for order in ({"ids": []}, {"ids": ["none"]}, {"query": "giraffes"}):
        with pytest.raises(NotFound, match="nothing to export"):
            await export(shelf, **order)
