import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute

from server.http.dynamic_routes import DynamicRoutes


def make(path, answer, method="POST"):
    async def run() -> str:
        return answer

    return APIRoute(path, run, methods=[method])


async def test_routes_are_replaced_as_a_whole():
    app, dynamic = FastAPI(), DynamicRoutes()
    app.router.routes.append(dynamic)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as http:

        async def ask(method, path):
            answer = await http.request(method, path)
            return answer.json() if answer.status_code == 200 else answer.status_code

        assert await ask("POST", "/a") == 404
        dynamic.replace({"one": make("/a", "one"), "two": make("/a", "two", "PUT")})
        assert [await ask(method, "/a") for method in ("POST", "PUT", "GET")] == ["one", "two", 405]
        assert (dynamic.find("two").path, dynamic.find("three")) == ("/a", None)
        dynamic.replace({"three": make("/b", "three")})
        assert [await ask("POST", path) for path in ("/a", "/b")] == [404, "three"]
        assert dynamic.find("one") is None
