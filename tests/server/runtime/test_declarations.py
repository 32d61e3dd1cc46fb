"""A mistake in what an integration declares is reported when it is loaded, not met as a 404."""

import pytest
from fastapi import APIRouter

from server.runtime.catalogue import LoadedIntegration
from server.runtime.declarations import check_declarations
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operations
from server.sdk.routing import DeferredRouter
from server.sdk.search import Lookup, Reading, Search

START = dict.fromkeys(("start",), lambda _: None)


def make_router(prefix: str = "/shelf", name: str = "list_books") -> Operations:
    router = Operations(prefix=prefix, title="Shelf", scopes=("read:shelf", "write:shelf"))

    async def function() -> list[str]:
        """List the books."""
        return []

    function.__name__ = name
    router.operation("GET", "/books")(function)
    return router


def look_up(search: str, reading: str) -> Lookup:
    return Lookup("book", Search(search, lambda query: {"query": query}, list), Reading(reading, dict, list))


def make_routes(router: APIRouter, path: str) -> APIRouter:
    async def answer() -> None:
        """Answer."""

    router.add_api_route(path, answer)
    return router


def check(parts: IntegrationSpec, *, taken: tuple[str, ...] = (), prefixes: tuple[str, ...] = ("/shelf",)) -> None:
    member = LoadedIntegration(Integration("shelf", "Shelf", prefixes, lambda: parts))
    check_declarations(member, parts, taken)


def test_sound_declaration_passes() -> None:
    local = make_routes(DeferredRouter(prefix="/api/shelf"), "")
    deliveries = make_routes(APIRouter(), "/shelf/deliveries/{path}")
    lookups = (look_up("list_books", "list_books"),)
    check(IntegrationSpec(**START, public=(make_router(),), local=(local,), deliveries=(deliveries,), lookups=lookups))


@pytest.mark.parametrize(
    "parts",
    [
        IntegrationSpec(**START, public=(make_router("/shelves"),)),
        IntegrationSpec(**START, local=(make_routes(DeferredRouter(prefix="/api/books"), ""),)),
        IntegrationSpec(**START, deliveries=(make_routes(APIRouter(), "/hooks/{path}"),)),
    ],
    ids=["public", "local", "deliveries"],
)
def test_path_outside_of_the_prefixes_is_refused(parts) -> None:
    with pytest.raises(TypeError, match="is under none of its prefixes"):
        check(parts)


def test_text_in_place_of_a_tuple_of_prefixes_is_refused() -> None:
    with pytest.raises(TypeError, match="is under none of its prefixes"):
        check(IntegrationSpec(**START, public=(make_router(),)), prefixes="/shelf")


@pytest.mark.parametrize("name", ["list_books", "search", "fetch"])
def test_name_of_another_operation_or_tool_is_refused(name) -> None:
    with pytest.raises(TypeError, match=f"another operation {name}"):
        check(IntegrationSpec(**START, public=(make_router(name=name),)), taken=("list_books",))


@pytest.mark.parametrize(
    "further",
    [
        {"lookups": (look_up("find_books", "list_books"),)},
        {"lookups": (look_up("list_books", "read_book"),)},
        {"undos": {"add": None}},
    ],
    ids=["search", "reading", "undo"],
)
def test_lookup_or_undo_of_no_operation_is_refused(further) -> None:
    with pytest.raises(TypeError, match="is no operation of this integration"):
        check(IntegrationSpec(**START, public=(make_router(),), **further))
    check(IntegrationSpec(**START, public=(make_router(),), dynamic=lambda _: (), **further))  # it may come later
