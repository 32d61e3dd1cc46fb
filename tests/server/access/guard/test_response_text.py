from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter

from server.access.guard.response_text import clean, clean_response
from server.core.errors import UpstreamFailed
from server.core.invisible import remove_hidden
from server.sdk.operation import OperationRoute, Operations, guarded, operation_of
from tests.rules.sources import INTEGRATIONS, describe
from tests.server.access.letters import posting

HOSTILE = "in\u200bvoice\u202e \U000e0041❤\ufe0f\ufe0e می‌خواهم \x1b"
HARMLESS = "invoice ❤\ufe0f می‌خواهم "


def list_routes() -> Iterator[OperationRoute]:
    for folder in INTEGRATIONS:
        for router in describe(folder).load().public:
            yield from router.routes


# Without a model: it hands over to another operation, whose answer is clean.
ROUTES = {route.operation_id: route for route in list_routes() if route.response_model}


def fill(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """Make a value of a schema whose every free text hides something."""
    if "$ref" in schema:
        return fill(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema or "oneOf" in schema:
        return fill((schema.get("anyOf") or schema["oneOf"])[0], definitions)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [""])[0])
    if schema.get("type") == "object":
        named = {name: fill(part, definitions) for name, part in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        return named | ({HOSTILE: fill(more, definitions)} if isinstance(more, dict) else {})
    if schema.get("type") == "array":
        return [fill(schema.get("items", {}), definitions)]
    kinds = schema.get("type")
    kind = schema.get("format") or (kinds[0] if isinstance(kinds, list) else kinds)
    examples = {"integer": 1, "number": 1.5, "boolean": True, "null": None, "date-time": "2026-01-01T00:00:00Z"}
    return examples.get(str(kind), HOSTILE)


def copy_operation(route: OperationRoute, answer: Any) -> Operations:
    """Declare an operation of the same name and result, which answers this."""

    async def read() -> Any:
        return answer

    declared = replace(operation_of(route.endpoint), changes=False, preview=None, scope="")
    copied = Operations(prefix="/copies", title="Copies")
    copied.add_api_route(
        f"/{route.operation_id}", guarded(read, declared), operation_id=declared.name, response_model=route.response_model
    )
    return copied


async def test_result_of_every_operation_is_without_hidden_text(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        for name, route in ROUTES.items():
            assert isinstance(route, OperationRoute)
            schema = TypeAdapter(route.response_model).json_schema(mode="serialization")
            post.state.inside.app.include_router(copy_operation(route, fill(schema, schema.get("$defs", {}))))
            answer = await post.http.get(f"/copies/{name}", headers=bot)
            assert answer.status_code == 200, name
            assert HARMLESS in answer.text, name
            assert answer.json() == clean(answer.json()), name
            assert (await post.last()).result == remove_hidden((await post.last()).result), name


async def test_failure_and_denial_are_without_hidden_text(opened) -> None:
    async with posting(opened, wait_seconds=0) as post:
        bot = await post.client()
        post.fail = UpstreamFailed(f"It said {HOSTILE}.")
        assert (await post.http.get("/mail/list", headers=bot)).json()["detail"] == f"It said {HARMLESS}."
        pending = (await post.send(bot)).json()["approval_id"]
        await post.deny(f"No {HOSTILE}")
        assert HARMLESS in (await post.wait_for(bot, pending, "denied"))["reason"]
        assert HOSTILE not in (await post.http.get(f"/approvals/{pending}", headers=bot)).text


def test_response_without_hidden_text_stays_as_it_is() -> None:
    for body in (b'{"a": "plain"}', '{"a":  "naïve"}'.encode()):
        assert clean_response(Response(body, media_type="application/json")).body in {body, b'{"a":"na\xc3\xafve"}'}
    assert clean_response(Response(rb'{"a": "pay\b\fnow"}', media_type="application/json")).body == rb'{"a":"pay\nnow"}'
    assert clean({HOSTILE: [HOSTILE, 1, None]}) == {HARMLESS: [HARMLESS, 1, None]}
    assert clean_response(Response(b"\x7f\xff", media_type="image/png")).body == b"\x7f\xff"
