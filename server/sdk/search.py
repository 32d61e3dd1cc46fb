"""Search providers: what `search` and `fetch` find in an integration, together with the others.

    Lookup("note", Search("search_notes", make_query, list_results), Reading("read_note", make_id, make_document))

Both use operations of the integration: a client that may not call those finds nothing here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SEARCH, FETCH = "search", "fetch"  # the names of the tools that ask all of them
Arguments = Mapping[str, Any]  # an operation's, by name


@dataclass(frozen=True)
class Result:
    """One result. `id` is the integration's own; `url`: the address for a person."""

    id: str
    title: str
    url: str


@dataclass(frozen=True)
class Document:
    """One complete document. `metadata`: more about it, as text."""

    title: str
    text: str
    url: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Search:
    """A search: its operation, the arguments for a query, and the results of its response, the best first.

    `read` takes the response's JSON and the public address without a trailing slash.
    """

    operation: str
    ask: Callable[[str], Arguments]
    read: Callable[[Any, str], list[Result]]


@dataclass(frozen=True)
class Reading:
    """The reading of one document: its operation, the arguments for an id, and the document of its response.

    `ask` raises server.core.errors.NotFound for an id that cannot be one. `read` takes what Search.read takes.
    """

    operation: str
    ask: Callable[[str], Arguments]
    read: Callable[[Any, str], Document]


@dataclass(frozen=True)
class Lookup:
    """A kind of document that can be searched. `prefix` precedes its ids, such as note in note:18c2."""

    prefix: str
    search: Search
    reading: Reading
