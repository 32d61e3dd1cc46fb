"""JSON as RFC 8259 has it.

Plain FastAPI accepts NaN, lone surrogates and 1e999, each of which fails later, in a database or an answer.
"""

import json
import re
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

_PERHAPS_TOO_LARGE = re.compile(rb"\d[eE]|\d{300}")  # 1e999 is read as infinity


def parse_json(body: bytes) -> Any:
    """Parse JSON; ValueError says what is wrong with it."""
    value = from_json(body, allow_inf_nan=False)
    if _PERHAPS_TOO_LARGE.search(body):
        json.dumps(value, allow_nan=False)
    return value


class StrictRequest(Request):
    """A request whose body is strict JSON and of at most `largest` bytes; what tells a larger size is refused unread."""

    def __init__(self, scope: Scope, receive: Receive, largest: int) -> None:
        super().__init__(scope, receive)
        self._largest = largest

    async def stream(self) -> AsyncGenerator[bytes]:
        length, read = self.headers.get("content-length", "0"), 0
        if length.isdecimal() and int(length) > self._largest:
            raise HTTPException(413)
        async for chunk in super().stream():
            read += len(chunk)
            if read > self._largest:
                raise HTTPException(413)
            yield chunk

    async def json(self) -> Any:
        body = await self.body()
        try:
            return parse_json(body)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), body.decode(errors="replace"), 0) from None
