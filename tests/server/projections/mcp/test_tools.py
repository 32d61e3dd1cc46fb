import pytest

from server.projections.mcp.tools import make_plans
from server.projections.openapi import make_document
from server.sdk.operation import operation_of
from tests.rules.sources import INTEGRATIONS, describe


@pytest.fixture(scope="module")
def plans():
    routes = [route for folder in INTEGRATIONS for router in describe(folder).load().public for route in router.routes]
    operations = {found.name: found for found in map(operation_of, (route.endpoint for route in routes)) if found}
    document = make_document(routes, address="https://example.com", title="Tools", version="0")
    return make_plans(document, operations)


def walk(schema):
    yield schema
    for part in (*schema.get("properties", {}).values(), schema.get("items", {})):
        if part:
            yield from walk(part)


def test_every_operation_is_a_tool_that_any_client_can_be_given(plans):
    assert {"list_mail", "send_mail", "control_app"} <= set(plans)
    for name, plan in plans.items():
        for schema in (plan.tool.input_schema, plan.tool.output_schema):
            assert schema["type"] == "object", name
            for part in walk(schema):
                assert not {"$ref", "anyOf", "oneOf", "default", "title", "format"} & set(part), name
                assert part.get("type") != "array" or part["items"], name
        assert all(field.get("description") for field in plan.tool.input_schema["properties"].values()), name


def test_what_changes_something_promises_nothing_of_its_answer(plans):
    for name, plan in plans.items():
        assert plan.operation.changes != ("required" in plan.tool.output_schema or not plan.tool.output_schema["properties"]), (
            name
        )


def test_the_hints_say_what_a_tool_may_do(plans):
    told = {name: (hints.reads_only, hints.destructive, hints.idempotent, hints.open_world) for name, hints in hints_of(plans)}
    assert told["read_mail"] == (True, False, True, True)
    assert told["list_apps"] == (True, False, True, False)
    assert told["send_mail"] == (False, True, False, True)
    assert told["delete_draft"] == (False, True, True, True)
    assert told["archive_mail"] == (False, False, True, True)
    assert told["control_app"] == (False, True, False, True)


def hints_of(plans):
    return ((name, plan.tool.hints) for name, plan in plans.items())


def test_a_tool_says_which_scope_its_token_needs(plans):
    assert plans["send_mail"].tool.scopes == ("write:mail",)
