"""Requests with a body of strict JSON and of a limited size, in which lists may be written in other ways.

A large body waits on the disk for its turn in memory.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from types import NoneType, UnionType
from typing import IO, Annotated, Any, Union, get_args, get_origin

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from server.core.errors import Unavailable
from server.core.lists import make_list
from server.core.memory_budget import LARGE, MemoryBudget, Reservation, current
from server.core.strict_json import TooManyValues, parse_json
from server.http.in_process import OPERATION

NO_LIST = {"list_type", "tuple_type", "set_type", "frozen_set_type"}  # pydantic's errors
LISTS = (list, tuple, set, frozenset, Sequence)
DEEPEST = 4  # lists within lists that are read from other forms


class StrictRequest(Request):
    """A request whose body is strict JSON and of at most `largest` bytes; one that declares a larger size is refused unread.

    `lists`: the parameters of its query that are lists.
    """

    def __init__(self, scope: Scope, receive: Receive, largest: int, lists: Collection[str] = ()) -> None:
        super().__init__(scope, receive)
        self._largest = largest
        self._lists = lists

    @property
    def query_params(self) -> QueryParams:
        """Parameters of the query; one that is a list may be the JSON of it."""
        given = super().query_params
        if not self._lists:
            return given
        alone = {name for name in self._lists if len(given.getlist(name)) == 1}
        items = [(name, item) for name, value in given.multi_items() for item in (make_list(value) if name in alone else [value])]
        return QueryParams([(name, item if isinstance(item, str) else json.dumps(item)) for name, item in items])

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
        if hasattr(self, "_json"):
            return self._json
        body = await self.body()
        try:
            self._json = await asyncio.to_thread(parse_json, body) if len(body) > LARGE else parse_json(body)
        except TooManyValues:
            raise HTTPException(413) from None
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), body.decode(errors="replace"), 0) from None
        return self._json

    def read_lists(self, error: RequestValidationError) -> bool:
        """Put a list into the body wherever one is wanted and something else was sent. Answers whether there was any."""
        read = [self._read_list(("_json", *detail["loc"][1:])) for detail in error.errors() if is_no_list(detail)]
        return any(read)

    def _read_list(self, path: Sequence[Any]) -> bool:
        within: Any = vars(self)
        try:
            for part in path[:-1]:
                within = within[part]
            value = within[path[-1]]
        except (KeyError, IndexError, TypeError):
            return False  # the location names a choice of a union besides
        if value is None or value == "" or isinstance(value, list):
            return False
        within[path[-1]] = make_list(value)
        return True


def is_no_list(detail: dict[str, Any]) -> bool:
    """Return whether something in the body should have been a list."""
    return detail["type"] in NO_LIST and detail["loc"][0] == "body"


def wants_list(annotation: Any) -> bool:
    """Return whether a parameter is a list, and nothing else."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return wants_list(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return all(wants_list(choice) for choice in get_args(annotation) if choice is not NoneType)
    return (origin or annotation) in LISTS


async def handle_leniently(request: StrictRequest, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """Handle a request, also if it gives a list as JSON or as a single value: models often do. Nothing else is loosened."""
    for _ in range(DEEPEST):
        try:
            return await handle(request)
        except RequestValidationError as error:
            if not request.read_lists(error):
                raise
    return await handle(request)


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
