import asyncio

from fastapi import FastAPI, Request

from server.http.in_process import ResponseCollector
from server.http.path_alias import PathAlias


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/api/v1/notes/{name}")
    async def read_note(name: str, request: Request) -> dict[str, str]:
        return {"name": name, "path": request.url.path, "raw": request.scope["raw_path"].decode()}

    app.router.routes.append(PathAlias("/notes", "/api/v1/notes"))

    @app.get("/notesbook")
    async def read_book() -> dict[str, str]:
        return {}

    return app


def get(app: FastAPI, path: str, raw: bytes | None = None) -> tuple[int, bytes]:
    collector = ResponseCollector(b"")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "root_path": ""}
    asyncio.run(app(scope | ({"raw_path": raw} if raw else {}), collector.receive, collector.send))
    return collector.status, bytes(collector.body)


def test_request_below_the_prefix_is_handled_at_the_other_path() -> None:
    status, body = get(make_app(), "/notes/a b", b"/notes/a%20b")
    assert (status, body) == (200, b'{"name":"a b","path":"/api/v1/notes/a b","raw":"/api/v1/notes/a%20b"}')
    assert get(make_app(), "/notes/x", b"/%6eotes/x") == (200, b'{"name":"x","path":"/api/v1/notes/x","raw":"/api/v1/notes/x"}')


def test_path_that_only_begins_with_the_same_letters_is_not_below_it() -> None:
    assert get(make_app(), "/notesbook", b"/notesbook")[0] == 200


def test_target_itself_goes_on_working() -> None:
    assert get(make_app(), "/api/v1/notes/x", b"/api/v1/notes/x")[0] == 200
