import pytest
from fastapi import Header

from server.core.errors import Conflict
from server.sdk.operation import Effect, Operations, operation_of, require_allowed, run_for


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

    things.operation("GET", "", scope="read:things")(read_thing)
    with pytest.raises(TypeError, match="header"):
        _ = things.routes


async def test_a_function_that_finds_something_else_than_was_allowed_does_nothing() -> None:
    allowed, other = Effect("answer ann"), Effect("answer eve")

    async def answer(effect: Effect) -> str:
        require_allowed(effect)
        return effect.sentence

    assert await run_for(allowed, answer, {"found": allowed}) == "answer ann"
    with pytest.raises(Conflict, match="Nothing was"):
        await run_for(allowed, answer, {"found": other})
    assert await run_for(None, answer, {"found": other}) == await answer(other) == "answer eve"
