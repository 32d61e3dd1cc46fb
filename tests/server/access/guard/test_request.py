import asyncio

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from server.access.clients.client import Client
from server.access.guard.request import digest_call, prefers_async, read_request
from server.http.in_process import InternalRequest, make_scope
from server.sdk.operation import Operation


@pytest.mark.parametrize(
    ("prefer", "at_once"),
    [
        ("respond-async", True),
        ("wait=10, Respond-Async", True),
        ("respond-async; foo=bar", True),
        ("wait=10", False),
        ("x-respond-async", False),
        ("", False),
    ],
)
def test_prefer_header_sets_the_wait(prefer: str, at_once: bool) -> None:
    assert prefers_async(Headers({"Prefer": prefer})) is at_once


def test_stored_request_can_be_replayed() -> None:
    letter = InternalRequest("POST", "/a%20b/%C3%A4", "q=1%262&x=a+b", b'{"a": 1}', (("content-type", "application/json"),))
    scope = make_scope(letter)

    async def receive() -> dict:
        return {"type": "http.request", "body": letter.body}

    stored = asyncio.run(read_request(Request(scope, receive)))
    again = make_scope(
        InternalRequest(stored.method, stored.path, stored.query, stored.body, (("content-type", stored.content_type),))
    )
    assert (again, stored.body) == (scope, letter.body)


def test_malformed_query_string_can_be_stored() -> None:
    scope = {**make_scope(InternalRequest("GET", "/a")), "query_string": "q=ä b".encode()}

    async def receive() -> dict:
        return {"type": "http.request", "body": b""}

    assert asyncio.run(read_request(Request(scope, receive))).query == "q=%C3%A4%20b"


def test_digest_tells_operations_clients_and_arguments_apart_but_not_their_order() -> None:
    def digest(operation: str = "send_letter", client: str = "1", **arguments: object) -> str:
        return digest_call(Operation(operation, "", "", changes=True), Client(client, "bot", frozenset()), arguments)

    assert digest(to="ann", text="hi") == digest(text="hi", to="ann")
    assert len({digest(to="ann"), digest("burn_letter", to="ann"), digest(client="2", to="ann"), digest(to="bob")}) == 4
