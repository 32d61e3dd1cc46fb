import pytest

from server.core.errors import InvalidInput
from server.projections.mcp.tools import make_bindings
from server.projections.openapi import make_document
from server.sdk.dynamic import DynamicOperations, make_routes
from server.sdk.operation import Effect, Operation

SCHEMA = {"type": "object", "properties": {}}


async def run(arguments):
    return arguments


async def preview(arguments):
    return Effect("use a tool")


def make(*named, path="/{}", prefix="/tools", summary="Use it.", schema=SCHEMA):
    router = DynamicOperations(prefix=prefix, title="Tools", scope="use:tools")
    for name, alias in named:
        router.add(Operation(name, "", summary, changes=True, alias=alias), path.format(name), run, preview, schema)
    return router


def combine(*routers, taken=()):
    return make_routes([(routers, lambda path: path.startswith("/tools/"))], taken)


def test_dynamic_operation_has_the_scope_of_its_router():
    (route,) = combine(make(("one", ""))).values()
    assert route.endpoint.operation.scope == "use:tools"
    assert route.openapi_extra["security"] == [{"key": ["use:tools"]}]


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "ä", "a.b", "search", "fetch"])
@pytest.mark.parametrize("place", ["name", "alias"])
def test_name_that_cannot_be_is_refused(name, place):
    with pytest.raises(InvalidInput):
        make(("one", name) if place == "alias" else (name, ""), path="/x") if name or place == "name" else make(("", ""))


@pytest.mark.parametrize("summary", ["", "a" * 301])
def test_description_that_does_not_fit_is_refused(summary):
    with pytest.raises(InvalidInput):
        make(("one", ""), summary=summary)


@pytest.mark.parametrize("path", ["/{{a}}", "/..", "/a/../b", "/a b", "/a%2e", "", "/"])
def test_path_that_cannot_be_is_refused(path):
    with pytest.raises(InvalidInput):
        combine(make(("one", ""), path=path))


def test_path_outside_the_prefixes_is_refused():
    with pytest.raises(InvalidInput):
        combine(make(("one", ""), prefix="/gmail"))


@pytest.mark.parametrize("other", [("one", ""), ("two", "one"), ("two", "first")])
def test_name_of_another_operation_is_refused(other):
    with pytest.raises(InvalidInput):
        combine(make(("one", "first"), path="/a"), make(other, path="/b"))


@pytest.mark.parametrize("taken", ["one", "first", "/tools/one"])
def test_name_or_path_of_a_built_in_operation_is_refused(taken):
    with pytest.raises(InvalidInput):
        combine(make(("one", "first")), taken={taken})


def test_two_operations_of_one_path_are_refused():
    with pytest.raises(InvalidInput):
        combine(make(("one", ""), path="/a"), make(("two", ""), path="/a"))


@pytest.mark.parametrize("field", [{"format": 1}, {"title": {}}, {"deprecated": "maybe"}, {"examples": "x"}])
@pytest.mark.parametrize("dialect", ["http://json-schema.org/draft-04/schema#", "https://example.com/own"])
def test_schema_that_would_break_the_document_is_refused(field, dialect):
    with pytest.raises(InvalidInput):
        make(("one", ""), schema={"$schema": dialect, "properties": {"a": field}})


def test_document_has_the_schema_without_what_is_not_portable():
    field = {"type": ["string", "null"], "discriminator": "x", "example": {"$ref": "#/components/schemas/Gone"}, "x-own": 1}
    schema = {"properties": {"a": field, "b": {"default": {"$ref": "#/components/schemas/Gone"}}}, "additionalProperties": True}
    routes = combine(make(("one", ""), schema=schema))
    document = make_document(list(routes.values()), address="https://example.com", title="Test", version="0")
    body = document["paths"]["/tools/one"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["a"] == {"type": ["string", "null"], "x-own": 1}
    operations = {route.endpoint.operation.name: route.endpoint.operation for route in routes.values()}
    tool = make_bindings(document, operations)["one"].tool
    assert (tool.input_schema["additionalProperties"], set(tool.input_schema["properties"])) == (True, {"a", "b"})
