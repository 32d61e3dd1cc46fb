import pytest

from server.integrations.tools.adapter import listing
from server.integrations.tools.adapter.listing import MOST_PAGES, MOST_TOOLS, ToolFilter, list_pages


async def test_pages_are_collected_to_their_end() -> None:
    pages = {None: ([1, 2], "a"), "a": ([3], "b"), "b": ([4], None)}

    async def fetch(cursor: str | None) -> tuple[list[int], str | None]:
        return pages[cursor]

    assert await list_pages(fetch, 10) == ([1, 2, 3, 4], False)
    assert await list_pages(fetch, 3) == ([1, 2, 3], True)


async def test_number_of_pages_is_limited() -> None:
    cursors: list[str | None] = []

    async def fetch(cursor: str | None) -> tuple[list[int], str | None]:
        cursors.append(cursor)
        return [], str(len(cursors))

    assert await list_pages(fetch, 10) == ([], True)
    assert len(cursors) == MOST_PAGES


def test_output_schemas_are_taken_out() -> None:
    filtered = ToolFilter()
    tool = {"name": "a", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "x": 1}}
    result = {"tools": [tool]}
    filtered.inspect(result)
    assert "outputSchema" not in result["tools"][0]
    assert filtered.output_schemas == {"a": {"type": "object", "x": 1}}


def test_tools_beyond_the_limit_are_not_read() -> None:
    filtered = ToolFilter()
    result = {"tools": [{"name": f"t{number}", "inputSchema": {"type": "object"}} for number in range(MOST_TOOLS + 7)]}
    filtered.inspect(result)
    assert (len(result["tools"]), filtered.left_out) == (MOST_TOOLS, 7)


def test_size_of_all_tools_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LARGEST_TOOLS", 1_000)
    filtered = ToolFilter()
    for number in range(3):
        result = {"tools": [{"name": f"t{number}", "inputSchema": {"type": "object", "title": "x" * 400}}]}
        filtered.inspect(result)
        assert len(result["tools"]) == (number < 2)
    assert filtered.left_out == 1
