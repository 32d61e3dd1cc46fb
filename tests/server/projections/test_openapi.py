from typing import Annotated, Any

import pytest
from fastapi import Query
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field

from server.access.clients.presets import MOST_OPERATIONS
from server.projections.openapi import (
    describe_operations,
    drop_unused,
    find_excesses,
    list_operations,
    make_document,
    simplify,
    walk_operations,
)
from server.sdk.operation import Effect, Operations


class Order(BaseModel):
    """An order."""

    name: str = Field(description="Whose.")
    note: str | None = Field(None, description="Why.")


class Made(BaseModel):
    """A response."""

    success: bool = Field(description="Whether it worked.")


def make_router(count: int = 1, words: str = "Make it.") -> Operations:
    router = Operations(prefix="/things", title="Things")

    async def preview(**_: Any) -> Effect:
        return Effect("make it")

    for number in range(count):

        async def make(order: Order, most: int = 5, since: str | None = None) -> Made:
            return Made(success=bool(order.name and most and since))

        make.__name__, make.__doc__ = f"make_{number}", words
        router.operation("POST", f"/{number}", scope="write:things", preview=preview)(make)

    @router.operation("GET", "", scope="read:things")
    async def list_things() -> list[str]:
        """List the things."""
        return []

    return router


def document(router: Operations, **options: Any) -> dict[str, Any]:
    return make_document(router.routes, address="https://desk.example.org", title="T", version="1", **options)


def test_document_is_valid_and_has_what_chatgpt_reads() -> None:
    made = document(make_router())
    OpenAPIV31SpecValidator(made).validate()
    operations = {operation["operationId"]: operation for _, _, operation in walk_operations(made)}
    assert operations["make_0"]["x-openai-isConsequential"] is True
    assert operations["list_things"]["x-openai-isConsequential"] is False
    assert operations["make_0"]["security"] == [{"key": ["write:things"]}]
    assert "202" in operations["make_0"]["responses"]
    assert "202" not in operations["list_things"]["responses"]
    assert made["servers"] == [{"url": "https://desk.example.org"}]
    assert made["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_document_has_no_union_with_null() -> None:
    assert "anyOf" not in str(document(make_router()))


def test_document_has_only_the_named_operations() -> None:
    made = document(make_router(), names={"list_things"})
    assert [operation["operationId"] for _, _, operation in walk_operations(made)] == ["list_things"]
    assert "Order" not in made["components"]["schemas"]


@pytest.mark.parametrize(
    ("node", "simple"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "title": "A", "default": None}, {"type": "string", "title": "A"}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"required": ["a", "b"], "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "b": {}}},
            {"required": ["b"], "properties": {"a": {"type": "string"}, "b": {}}},
        ),
        ({"type": "string", "default": []}, {"type": "string"}),
        ({"type": "array", "default": []}, {"type": "array", "default": []}),
        ({"x": [{"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}]}, {"x": [{"$ref": "#/a"}]}),
    ],
)
def test_schemas_are_simplified(node: Any, simple: Any) -> None:
    simplify(node)
    assert node == simple


LONG = "x" * 701


def make_wordy_router() -> Operations:
    router = make_router(words="x" * 301)

    @router.operation("GET", "/wordy", scope="read:things")
    async def list_some(most: Annotated[int, Query(description=LONG)] = 5) -> list[int]:
        """List some."""
        return [most]

    return router


def test_document_that_chatgpt_would_refuse_is_explained() -> None:
    assert find_excesses(list_operations(document(make_router()))) == []
    (many,) = find_excesses(list_operations(document(make_router(MOST_OPERATIONS))))
    assert "Choose a preset" in many
    wordy = find_excesses(list_operations(document(make_wordy_router())))
    assert {sentence.partition(" is longer")[0] for sentence in wordy} == {
        "The summary of make_0",
        "The description of most of list_some",
    }


@pytest.mark.parametrize("router", [make_router(), make_router(MOST_OPERATIONS), make_wordy_router()])
def test_refusals_are_known_without_a_document(router: Operations) -> None:
    names = {"make_0", "list_things", "list_some"} | {f"make_{number}" for number in range(MOST_OPERATIONS)}
    without = find_excesses(describe_operations(router.routes, names))
    assert without == find_excesses(list_operations(document(router, names=names)))


def test_changing_operation_without_a_preview_cannot_be_declared() -> None:
    router = Operations(prefix="/x", title="X")

    async def break_it() -> None:
        """Break it."""

    with pytest.raises(TypeError, match="preview"):
        router.operation("POST", "/y", scope="write:x")(break_it)


def test_schema_without_a_reference_is_dropped() -> None:
    schemas = {"A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": {}, "C": {"$ref": "#/components/schemas/A"}}
    made = {"paths": {"/x": {"get": {"$ref": "#/components/schemas/A"}}}, "components": {"responses": {}, "schemas": schemas}}
    drop_unused(made)
    assert set(made["components"]["schemas"]) == {"A", "B"}
