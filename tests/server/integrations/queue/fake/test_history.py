"""The history as the page's backend gives it."""

from server.integrations.queue.fake.account import Account
from server.integrations.queue.fake.history import describe_chat, describe_item

TURNS = [("user", "Hello"), ("assistant", "Hi there")]


def test_chat_is_a_tree_from_its_root_to_the_current_node():
    described = describe_chat(Account().add_chat("Greeting", TURNS, created=1000.0))
    node, texts = described["current_node"], []
    while node:
        message = described["mapping"][node]["message"]
        texts.append(message["content"]["parts"][0] if message else None)
        node = described["mapping"][node]["parent"]
    assert texts == ["Hi there", "Hello", None]


def test_item_has_the_times_as_text():
    item = describe_item(Account().add_chat("Greeting", TURNS, created=1000.0))
    assert item["create_time"] == "1970-01-01T00:16:40+00:00"
    assert item["title"] == "Greeting"
