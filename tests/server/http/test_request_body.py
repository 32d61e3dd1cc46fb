import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from server.core.memory_budget import LARGE, MemoryBudget, current
from server.http.request_body import StrictRequest


def receive_all(chunks: list[bytes]) -> Any:
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


def make_request(*chunks: bytes, declared: int | None = None) -> StrictRequest:
    headers = [(b"content-length", str(declared).encode())] if declared is not None else []
    return StrictRequest({"type": "http", "method": "POST", "headers": headers}, receive_all(list(chunks)), 10)


async def test_body_up_to_the_limit_is_read() -> None:
    assert await make_request(b"[1,2", b",3,44]").json() == [1, 2, 3, 44]


@pytest.mark.parametrize("request_", [make_request(b"[1,2,3", b",4,5,6]"), make_request(declared=11)], ids=["sent", "declared"])
async def test_larger_body_is_413(request_: StrictRequest) -> None:
    with pytest.raises(HTTPException) as refusal:
        await request_.json()
    assert refusal.value.status_code == 413


async def test_body_of_too_many_values_is_413() -> None:
    body = b"[" + b"0," * 110_000 + b"0]"
    request = StrictRequest({"type": "http", "method": "POST", "headers": []}, receive_all([body]), len(body))
    with pytest.raises(HTTPException) as refusal:
        await request.json()
    assert refusal.value.status_code == 413


async def test_malformed_json_is_a_decode_error() -> None:
    with pytest.raises(json.JSONDecodeError):
        await make_request(b"[NaN]").json()


async def test_large_body_waits_on_the_disk_for_its_turn(tmp_path: Path) -> None:
    budget = MemoryBudget(tmp_path, total=4 * LARGE)
    body = json.dumps(["x" * LARGE] * 3).encode()
    chunks = [body[place : place + LARGE // 4] for place in range(0, len(body), LARGE // 4)]

    async def read() -> list[str]:
        async with budget.request():
            request = StrictRequest({"type": "http", "method": "POST", "headers": []}, receive_all(chunks), 8 * LARGE)
            value = await request.json()
            assert LARGE < budget.reserved <= 4 * LARGE
            assert await request.body() == body
            return value

    async with budget.request() as first:
        await budget.reserve(first, 3 * LARGE)
        waiting = asyncio.create_task(in_new_context(read()))
        async with asyncio.timeout(60):
            while budget.waiting < 2 * LARGE:
                await asyncio.sleep(0.001)
        assert budget.reserved == 3 * LARGE
    assert await waiting == json.loads(body)
    assert (budget.reserved, budget.waiting) == (0, 0)


async def in_new_context(coroutine: Any) -> Any:
    current.set(None)
    return await coroutine
