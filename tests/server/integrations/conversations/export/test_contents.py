import json

import pytest

from server.integrations.conversations.export.contents import find_path
from tests.server.integrations.conversations.exporting import AT, export
from tests.server.integrations.conversations.library_setup import Said


def test_path_leads_from_the_first_message_and_ends_where_it_is_broken():
    nodes = {"a": "", "b": "a", "c": "b", "x": "gone", "y": "z", "z": "y"}
    assert find_path(nodes, "c") == ["a", "b", "c"]
    assert find_path(nodes, "x") == ["x"]
    assert find_path(nodes, "y") == ["z", "y"], "a circle"
    assert find_path(nodes, "none") == []


@pytest.mark.parametrize("order", [{}, {"ids": ["x"]}])
async def test_conversation_that_was_delivered_and_imported_is_exported_with_the_messages_of_both(shelf, order):
    await shelf.add("x", Said("question", id="a"), Said("later", id="b", at=AT), imported=False, source="webhook", updated_at=AT)
    await shelf.add("x", Said("before", id="s"), Said("question", id="a"), updated_at=AT - 1)
    (chat,) = json.loads((await export(shelf, format="json", **order)).read("conversations.json"))
    assert [(each["id"], each["parent_id"]) for each in chat["messages"]] == [("s", None), ("a", "s"), ("b", "a")]
    assert chat["current_id"] == "b"
    packed = await export(shelf, format="markdown", **order)
    (text,) = [packed.read(name).decode() for name in packed.namelist() if name.endswith(".md")]
    assert text.index("before") < text.index("question") < text.index("later")
    assert "other branches" not in text
