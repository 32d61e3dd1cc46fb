from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, Header, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel

from server.core.errors import Conflict
from server.core.memory_budget import MemoryBudget
from server.core.sentences import Sentence
from server.http.exception_handlers import install
from server.sdk.operation import Effect, Operations, Wording, current_call, operation_of, require_allowed, run_for


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


def test_wording_is_completed_by_the_description() -> None:
    things = Operations(prefix="/things", title="Things", scopes=("read:things", "write:things"))

    @things.operation("GET", "", wording=Wording("List things"))
    async def list_things() -> list[str]:
        """List the things: all of them. Twice."""
        return []

    operation = operation_of(things.routes[0].endpoint)
    assert operation is not None
    assert operation.wording == Wording(
        "List things", "List the things: all of them. Twice.", (Sentence("list the things: all of them"),)
    )


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


class Item(BaseModel):
    name: str
    tags: list[str] = []


class Order(BaseModel):
    names: list[str] = []
    numbers: tuple[int, ...] = ()
    items: list[Item] | None = None
    text: str = ""
    either: list[str] | str = ""
    count: int = 0


class OpenGuard:
    """Lets everybody in, and executes at once."""

    memory = MemoryBudget()

    async def handle(self, request, _operation, _parameters, handle):
        current_call.set(self)
        return await handle(request)

    async def execute(self, function, arguments):
        return await function(**arguments)


@pytest.fixture(scope="module")
def lists() -> Callable[..., tuple[int, Any]]:
    """Call an operation with lists in its query and its body."""
    things = Operations(prefix="/things", title="Things")

    @things.operation("POST", "/order", scope="", changes=False)
    async def order(body: Order) -> dict[str, Any]:
        """Order."""
        return body.model_dump(exclude_unset=True)

    @things.operation("POST", "/plain", scope="", changes=False)
    async def plain(body: Annotated[list[list[str]], Body()]) -> list[list[str]]:
        """Order."""
        return body

    @things.operation("GET", "/find", scope="")
    async def find(
        numbers: Annotated[list[int] | None, Query()] = None, names: Annotated[list[str], Query()] = (), text: str = ""
    ) -> list[Any]:
        """Find."""
        return [numbers, names, text]

    app = FastAPI()
    install(app)
    app.state.guard = OpenGuard()
    app.router.routes += things.routes
    client = TestClient(app, raise_server_exceptions=False)

    def call(path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        answer = client.request("GET" if body is None else "POST", f"/things{path}", json=body, **options)
        return answer.status_code, answer.json() if answer.status_code == 200 else answer.json()["detail"]

    return call


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"names": "a"}, {"names": ["a"]}),
        ({"names": '["a", "b"]'}, {"names": ["a", "b"]}),
        ({"names": "[]"}, {"names": []}),
        ({"names": "a, b"}, {"names": ["a, b"]}),
        ({"numbers": 5}, {"numbers": [5]}),
        ({"numbers": "[1, 2]"}, {"numbers": [1, 2]}),
        ({"items": {"name": "x", "tags": "t"}}, {"items": [{"name": "x", "tags": ["t"]}]}),
        ({"items": '[{"name": "x", "tags": "[\\"t\\", \\"u\\"]"}]'}, {"items": [{"name": "x", "tags": ["t", "u"]}]}),
        ({"names": "a", "items": {"name": "x"}, "numbers": 1}, {"names": ["a"], "items": [{"name": "x"}], "numbers": [1]}),
        ({"names": ['["a"]']}, {"names": ['["a"]']}),
        ({"text": '["a"]', "either": '["a"]'}, {"text": '["a"]', "either": '["a"]'}),
        ({"items": [{"name": '["x"]'}], "names": "n"}, {"items": [{"name": '["x"]'}], "names": ["n"]}),
    ],
)
def test_list_is_read_from_json_or_a_single_value_and_a_string_stays_one(lists, sent, read):
    assert lists("/order", sent) == (200, read)


@pytest.mark.parametrize(
    "sent",
    [
        {"text": ["a"]},
        {"text": 5},
        {"names": 5},
        {"names": [5]},
        {"names": None},
        {"names": ""},
        {"numbers": "1, 2"},
        {"numbers": {"a": 1}},
        {"items": "x"},
        {"items": '{"name": "x"}'},
        {"count": "[1]"},
        {"count": [1]},
        '{"names": ["a"]}',
    ],
)
def test_nothing_but_lists_is_loosened(lists, sent):
    assert lists("/order", sent)[0] == 422


def test_body_that_is_a_list_is_read_too(lists):
    assert lists("/plain", '[["a"], "b"]') == (200, [["a"], ["b"]])
    assert lists("/plain", "a") == (200, [["a"]])


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({"numbers": "[1, 2]"}, [[1, 2], [], ""]),
        ({"numbers": "3"}, [[3], [], ""]),
        ({"numbers": ["1", "2"], "names": '["a", "b"]'}, [[1, 2], ["a", "b"], ""]),
        ({"names": ["a", '["b"]'], "text": '["c"]'}, [None, ["a", '["b"]'], '["c"]']),
    ],
)
def test_list_in_a_query_may_be_json(lists, query, read):
    assert lists("/find", params=query) == (200, read)
