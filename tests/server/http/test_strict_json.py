import json

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from server.http.strict_json import StrictRequest, parse_json


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}', rb'{"a": "\ud800"}', b"{", b"\xff", b"9" * 5000, b"[" * 100_000]
)
def test_json_that_would_fail_later_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_json(body)


def test_ordinary_json_is_read() -> None:
    assert parse_json('{"a": [1, 2.5e3, "ü\\u00fc", null]}'.encode()) == {"a": [1, 2500.0, "üü", None]}


def make_request(chunks: list[bytes], *headers: tuple[bytes, bytes]) -> StrictRequest:
    async def receive() -> Message:
        if not chunks:
            raise AssertionError("No more should be read.")
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    return StrictRequest({"type": "http", "method": "POST", "headers": list(headers)}, receive, 10)


async def test_body_announced_too_large_is_refused_unread() -> None:
    with pytest.raises(HTTPException) as refused:
        await make_request([], (b"content-length", b"11")).body()
    assert refused.value.status_code == 413


async def test_body_of_unknown_size_is_read_up_to_the_limit() -> None:
    chunks = [b"12345", b"123456", b"never read"]
    with pytest.raises(HTTPException) as refused:
        await make_request(chunks).body()
    assert (refused.value.status_code, chunks) == (413, [b"never read"])
    assert await make_request([b"12345", b"12345"], (b"content-length", b"10")).body() == b"1234512345"


async def test_json_that_is_not_strict_is_an_error_of_the_client() -> None:
    with pytest.raises(json.JSONDecodeError):
        await make_request([b"NaN"]).json()
