"""One item that cannot be read does not fail the others."""

import logging

from server.core.items import convert_items


def test_item_that_cannot_be_converted_is_replaced(caplog):
    with caplog.at_level(logging.INFO):
        assert convert_items(["1", "secret", "3"], int, lambda item: -len(item)) == [1, -6, 3]
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_recursion_error_of_one_item_is_caught():
    def descend(depth: int) -> int:
        return descend(depth + 1)

    assert convert_items([0], descend, lambda _: -1) == [-1]
