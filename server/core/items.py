"""An error boundary around each item from outside: one that cannot be read does not fail the others."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

log = logging.getLogger(__name__)
Item = TypeVar("Item")
View = TypeVar("View")


def convert_item(item: Item, convert: Callable[[Item], View], substitute: Callable[[Item], View]) -> View:
    """Convert an item; one whose conversion fails is replaced by its substitute."""
    try:
        return convert(item)
    except Exception as error:  # its message is not logged: it may hold the text of a stranger
        log.warning("An item could not be read: %s", type(error).__name__, exc_info=log.isEnabledFor(logging.DEBUG))
        return substitute(item)


def convert_items(items: Iterable[Item], convert: Callable[[Item], View], substitute: Callable[[Item], View]) -> list[View]:
    """Convert each item by itself; one whose conversion fails is replaced by its substitute."""
    return [convert_item(item, convert, substitute) for item in items]
