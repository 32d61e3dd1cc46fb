"""Requests with a body of strict JSON and of a limited size."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from server.core.strict_json import parse_json


class StrictRequest(Request):
    """A request whose body is strict JSON and of at most `largest` bytes; one that declares a larger size is refused unread."""

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
