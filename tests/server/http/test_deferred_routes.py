import asyncio

import httpx2
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from server.http.deferred_routes import DeferredRoutes


async def test_routes_are_made_once_at_the_first_request_to_one_of_their_paths() -> None:
    made: list[str] = []
    ready = asyncio.Event()

    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    def make(path: str) -> list[Route]:
        made.append(path)
        return [Route(path, answer)]

    app = FastAPI()
    deferred = DeferredRoutes(app, lambda _: ready.wait())
    deferred.add(("/a",), lambda: make("/a/one"))
    deferred.add(("/b",), lambda: make("/b"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as http:
        answers = await asyncio.gather(*(http.get("/a/one") for _ in range(3)))
        assert [answer.text for answer in answers] == ["/a/one"] * 3
        assert made == ["/a/one"]
        unknown = asyncio.create_task(http.get("/abc"))
        await http.get("/a/one")
        assert not unknown.done()
        ready.set()
        assert (await unknown).status_code == 404
        assert made == ["/a/one"]
