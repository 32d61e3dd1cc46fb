import pytest
from fastapi import Header

from server.operation import Operations, operation_of


def test_an_operation_is_found_again_by_its_endpoint() -> None:
    things = Operations(prefix="/things", title="Things")

    @things.operation("GET", "", scope="read:things")
    async def list_things() -> list[str]:
        """List the things. All of them."""
        return []

    operation = operation_of(things.routes[0].endpoint)
    assert operation is not None
    assert (operation.name, operation.changes, operation.summary) == ("list_things", False, "List the things. All of them.")
    assert operation_of(list_things) is None


def test_an_operation_takes_no_header_because_a_kept_call_has_none() -> None:
    things = Operations(prefix="/things", title="Things")

    async def read_thing(x: str = Header()) -> str:
        """Read it."""
        return x

    with pytest.raises(TypeError, match="header"):
        things.operation("GET", "", scope="read:things")(read_thing)
