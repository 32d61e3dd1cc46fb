"""Requests with a body of strict JSON and of a limited size; a large one waits on the disk for its turn in memory."""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator
from typing import IO, Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from server.core.errors import Unavailable
from server.core.memory_budget import LARGE, MemoryBudget, Reservation, current
from server.core.strict_json import parse_json
from server.http.in_process import OPERATION


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

    async def body(self) -> bytes:
        reservation = current.get()
        if hasattr(self, "_body") or reservation is None or OPERATION in self.scope:  # an in-process call's is in memory already
            return await super().body()
        spool = Spool(reservation)
        try:
            async for chunk in self.stream():
                await spool.write(chunk)
            self._body = await spool.load()
        except Unavailable as error:  # FastAPI would make a 400 of it
            raise HTTPException(error.status, error.detail, {"Retry-After": f"{error.retry_after:.0f}"}) from None
        finally:
            spool.close()
        return self._body

    async def json(self) -> Any:
        body = await self.body()
        try:
            return await asyncio.to_thread(parse_json, body) if len(body) > LARGE else parse_json(body)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), body.decode(errors="replace"), 0) from None


class Spool:
    """A body while it is received: in memory up to a mebibyte, then in a temporary file that no other program sees."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation
        self._chunks = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0

    @property
    def _budget(self) -> MemoryBudget:
        return self._reservation.budget

    async def write(self, chunk: bytes) -> None:
        """Append to the body. Raises Unavailable if too much waits on the disk."""
        self._chunks += chunk
        if len(self._chunks) > LARGE:
            self._budget.spool(len(self._chunks))
            self._written += len(self._chunks)
            await asyncio.to_thread(self._flush)

    def _flush(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._budget.folder)  # noqa: SIM115, closed by `close`
        self._file.write(self._chunks)
        self._chunks.clear()

    async def load(self) -> bytes:
        """Load the whole body, once there is room for it in memory."""
        if self._file is None:
            return bytes(self._chunks)
        await self._budget.reserve(self._reservation, self._written + len(self._chunks))
        self._reservation.is_large = True
        return await asyncio.to_thread(self._read)

    def _read(self) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(0)
        return self._file.read() + self._chunks

    def close(self) -> None:
        """Give the room on the disk back."""
        self._budget.spool(-self._written)
        if self._file:
            self._file.close()
