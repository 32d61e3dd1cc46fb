"""The fake's Conversations API."""

import openai
import pytest


def message(text="Hello", role="user"):
    return {"role": role, "content": text, "type": "message"}


def test_conversation_has_its_items_in_order(client):
    made = client.conversations.create(metadata={"a": "b"}, items=[message("0")])
    client.conversations.items.create(made.id, items=[message("1", "assistant"), message("2")])
    listed = list(client.conversations.items.list(made.id, order="asc", limit=2))
    assert [item.content[0].text for item in listed] == ["0", "1", "2"]
    assert client.conversations.retrieve(made.id).metadata == {"a": "b"}
    assert client.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert client.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(made.id)


def test_more_than_twenty_items_are_refused(client):
    with pytest.raises(openai.BadRequestError) as failure:
        client.conversations.create(items=[message()] * 21)
    assert failure.value.code == "array_above_max_length"


@pytest.mark.parametrize(
    "item",
    [
        message(role="robot"),
        {"role": "user", "content": []},
        {"role": "user", "content": [{"type": "output_text", "text": "x"}]},
        {"role": "assistant", "content": [{"type": "input_text", "text": "x"}]},
        "text",
    ],
)
def test_malformed_item_is_refused(client, item):
    with pytest.raises(openai.BadRequestError):
        client.conversations.create(items=[item])
