import pytest

from server.projections.mcp.tools import make_bindings
from server.projections.openapi import make_document
from server.sdk.operation import operation_of
from tests.rules.sources import INTEGRATIONS, describe


@pytest.fixture(scope="module")
def bindings():
    routes = [route for folder in INTEGRATIONS for router in describe(folder).load().public for route in router.routes]
    operations = {operation.name: operation for operation in map(operation_of, (route.endpoint for route in routes)) if operation}
    document = make_document(routes, address="https://example.com", title="Tools", version="0")
    return make_bindings(document, operations)


def walk(schema):
    yield schema
    for part in (*schema.get("properties", {}).values(), schema.get("items", {})):
        if part:
            yield from walk(part)


def test_schemas_of_every_tool_are_portable(bindings):
    assert {"list_mail", "send_mail", "control_app"} <= set(bindings)
    for name, binding in bindings.items():
        for schema in (binding.tool.input_schema, binding.tool.output_schema):
            assert schema["type"] == "object", name
            for part in walk(schema):
                assert not {"$ref", "anyOf", "oneOf", "default", "title", "format"} & set(part), name
                assert part.get("type") != "array" or part["items"], name
        assert all(field.get("description") for field in binding.tool.input_schema["properties"].values()), name


def test_operation_for_programs_of_another_api_is_no_tool(bindings):
    assert "create_chat" in bindings
    assert not {"create_chat_completion", "list_compatible_models"} & set(bindings)


def test_changing_tool_requires_nothing_of_its_output(bindings):
    for name, binding in bindings.items():
        assert binding.operation.changes != (
            "required" in binding.tool.output_schema or not binding.tool.output_schema["properties"]
        ), name


def test_annotations_say_what_a_tool_may_do(bindings):
    described = {
        name: (annotations.read_only, annotations.destructive, annotations.idempotent, annotations.open_world)
        for name, annotations in annotations_of(bindings)
    }
    assert described["read_mail"] == (True, False, True, True)
    assert described["list_apps"] == (True, False, True, False)
    assert described["send_mail"] == (False, True, False, True)
    assert described["delete_draft"] == (False, True, True, True)
    assert described["archive_mail"] == (False, False, True, True)
    assert described["control_app"] == (False, True, False, True)


def annotations_of(bindings):
    return ((name, binding.tool.annotations) for name, binding in bindings.items())


def test_tool_names_the_scope_of_its_token(bindings):
    assert bindings["send_mail"].tool.scopes == ("write:mail",)
