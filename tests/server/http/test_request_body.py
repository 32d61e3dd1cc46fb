import json

import pytest
from starlette.exceptions import HTTPException

from server.http.request_body import StrictRequest


def make_request(*chunks: bytes, declared: int | None = None) -> StrictRequest:
    left = list(chunks)

    async def receive():
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    headers = [(b"content-length", str(declared).encode())] if declared is not None else []
    return StrictRequest({"type": "http", "method": "POST", "headers": headers}, receive, 10)


async def test_body_up_to_the_limit_is_read() -> None:
    assert await make_request(b"[1,2", b",3,44]").json() == [1, 2, 3, 44]


@pytest.mark.parametrize("request_", [make_request(b"[1,2,3", b",4,5,6]"), make_request(declared=11)], ids=["sent", "declared"])
async def test_larger_body_is_413(request_: StrictRequest) -> None:
    with pytest.raises(HTTPException) as refusal:
        await request_.json()
    assert refusal.value.status_code == 413


async def test_malformed_json_is_a_decode_error() -> None:
    with pytest.raises(json.JSONDecodeError):
        await make_request(b"[NaN]").json()
