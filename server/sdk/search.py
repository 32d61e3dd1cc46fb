"""What can be looked up in an integration, so that `search` and `fetch` find it together with what the others know.

    Lookup("mail", Search("search_mail", ask_mail, list_results), Reading("read_mail", choose_mail, make_document))

Both are told by operations that the integration offers anyway: who may not use those finds nothing here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Arguments = Mapping[str, Any]  # an operation's, by name


@dataclass(frozen=True)
class Result:
    """One thing that was found. `id` is the integration's own; `url`: where a person would look at it."""

    id: str
    title: str
    url: str


@dataclass(frozen=True)
class Document:
    """One thing as a whole. `metadata`: more about it, as words."""

    title: str
    text: str
    url: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Search:
    """The operation that searches, the arguments with which it finds a query, and what its answer comes to, the best first.

    `read` takes the answer as JSON has it and the public address without a slash at its end.
    """

    operation: str
    ask: Callable[[str], Arguments]
    read: Callable[[Any, str], list[Result]]


@dataclass(frozen=True)
class Reading:
    """The operation that reads one thing, the arguments with which it does by its id, and what its answer comes to.

    `ask` raises server.core.errors.NotFound for an id that cannot be one. `read` takes what Search.read takes.
    """

    operation: str
    ask: Callable[[str], Arguments]
    read: Callable[[Any, str], Document]


@dataclass(frozen=True)
class Lookup:
    """A kind of thing that can be looked up. `prefix` stands before its ids, such as mail in mail:18c2."""

    prefix: str
    search: Search
    reading: Reading
