import pytest
from fastapi import Header

from server.core.errors import Conflict
from server.sdk.operation import Effect, Operations, operation_of, require_allowed, run_for


def test_operation_is_found_by_its_endpoint() -> None:
    things = Operations(prefix="/things", title="Things")

    @things.operation("GET", "", scope="read:things")
    async def list_things() -> list[str]:
        """List the things. All of them."""
        return []

    operation = operation_of(things.routes[0].endpoint)
    assert operation is not None
    assert (operation.name, operation.changes, operation.summary) == ("list_things", False, "List the things. All of them.")
    assert operation_of(list_things) is None


def test_operation_without_a_scope_says_so() -> None:
    things = Operations(prefix="/things", title="Things")

    async def list_things() -> list[str]:
        """List the things."""
        return []

    with pytest.raises(TypeError, match="needs a scope"):
        things.operation("GET", "")(list_things)
    things.operation("GET", "", scope="")(list_things)
    assert things.endpoints


def test_operation_cannot_take_a_header_because_stored_calls_have_none() -> None:
    things = Operations(prefix="/things", title="Things")

    async def read_thing(x: str = Header()) -> str:
        """Read it."""
        return x

    things.operation("GET", "", scope="read:things")(read_thing)
    with pytest.raises(TypeError, match="header"):
        _ = things.routes


async def test_function_whose_effect_differs_from_the_approved_one_does_nothing() -> None:
    allowed, other = Effect("answer ann"), Effect("answer eve")

    async def answer(effect: Effect) -> str:
        require_allowed(effect)
        return effect.sentence

    assert await run_for(allowed, answer, {"effect": allowed}) == "answer ann"
    with pytest.raises(Conflict, match="Nothing was"):
        await run_for(allowed, answer, {"effect": other})
    assert await run_for(None, answer, {"effect": other}) == await answer(other) == "answer eve"
