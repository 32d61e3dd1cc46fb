from dataclasses import replace

from pydantic import BaseModel

from server.runtime.catalogue import Catalogue, LoadedIntegration
from server.sdk.dynamic import DynamicOperations
from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Effect, ErrorFormat, Operation, Operations

things = Operations(prefix="/things", title="Things")


@things.operation("GET", "/all", scope="read:things")
async def list_things() -> list[str]:
    """List the things."""
    return []


async def run(arguments):
    return arguments


async def preview(arguments):
    return Effect("use a tool")


def make_catalogue():
    tools = DynamicOperations(prefix="/things", title="The tools", scope="use:tools")
    tools.add(Operation("tools__get", "", "Get it.", changes=True, alias="get"), "/get", run, preview, {})
    spec = IntegrationSpec(start=lambda _: None, public=(things,))
    integration = Integration("things", "Things", ("/things",), lambda: spec, scopes={"read:things": "Read your things"})
    member = LoadedIntegration(integration, spec, Health(), dynamic=(tools,))
    return Catalogue([member], core=()), member


def test_dynamic_operations_are_listed_with_the_others_until_their_integration_fails():
    catalogue, member = make_catalogue()
    assert list(catalogue.operations()) == ["list_things", "tools__get"]
    assert catalogue.scopes() == {"read:things": "Read your things", "use:tools": "Use The tools"}
    assert catalogue.owners()["tools__get"] == "things"
    assert catalogue.list_taken() == {"list_things", "/things/all"}
    member.fail(ValueError())
    assert (catalogue.operations(), catalogue.scopes()) == ({}, {})


def test_alias_of_a_path_is_found_and_has_the_failures_of_its_target():
    catalogue, member = make_catalogue()
    member.integration = replace(member.integration, aliases={"/old": "/things"})
    assert [catalogue.find_target(path) for path in ("/old", "/old/a", "/older/a", "/things/a")] == [
        "/things",
        "/things/a",
        "/older/a",
        "/things/a",
    ]
    things.errors = ErrorFormat(BaseModel, dict)
    try:
        assert catalogue.find_error_format("/old/a") is things.errors
        assert catalogue.find_error_format("/older/a") is None
    finally:
        things.errors = None
