import asyncio
from functools import partial
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.http.middleware import (
    HostOriginMiddleware,
    PathMiddleware,
    SecurityHeadersMiddleware,
    TrailingSlashMiddleware,
)
from server.http.server import run
from tests import loopback
from tests.server.listening import HOST, RecordingListener, call, listening, serve, until

ANSWERED = {"x-answered": "yes"}
LISTED = "https://listed.example"
FOREIGN = [
    "https://evil.example",
    "null",
    "https://listed.example.evil.example",
    "https://localhost.evil.example",
    "http://listed.example",
    "https://listed.example:8443",
    "",
]


async def show(request: Request) -> Response:
    return JSONResponse({"path": request.scope["path"], "raw": request.scope["raw_path"].decode()}, headers=ANSWERED)


async def show_kept(_: Request) -> Response:
    return Response("kept", headers={"cache-control": "max-age=60", "content-security-policy": "default-src 'self'"})


async def show_plain(request: Request) -> Response:
    kind = request.query_params.get("kind", "text/plain")
    return Response("in plain text", int(request.path_params["status"]), media_type=kind)


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.scope["path"])
    await socket.close()


async def stream_without_end(request: Request) -> Response:
    async def tick():
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.01)
        finally:
            request.app.state.left = True

    return StreamingResponse(tick())


def make_app() -> Starlette:
    methods = ["GET", "POST", "OPTIONS"]
    app = Starlette(
        routes=[
            Route("/kept", show_kept),
            Route("/plain/{status}", show_plain),
            Route("/stream", stream_without_end),
            WebSocketRoute("/ws", greet),
            Route("/{rest:path}", show, methods=methods),
        ]
    )
    app.router.redirect_slashes = False
    return app


class LayeredApplication:
    """All three layers round an application, on a real socket. Its hosts and origins may change."""

    def __init__(self) -> None:
        self.hosts = {"Localhost", "tunnel.example"}
        self.origins = [LISTED + "/"]
        self.inner = make_app()
        host_origin = HostOriginMiddleware(TrailingSlashMiddleware(self.inner), lambda: self.hosts, lambda: self.origins)
        self.app = SecurityHeadersMiddleware(host_origin, {"X-Deskhand-Demo": "1"})

    def ask(self, method: str, path: str = "/", host: str | None = "localhost", **headers: str) -> httpx2.Response:
        """Send one request and give the answer."""
        answers = []

        async def test(listener: RecordingListener) -> None:
            url = f"http://127.0.0.1:{listener.port}{path}"
            sent = {name.replace("_", "-"): value for name, value in headers.items()} | (
                {"host": host} if host is not None else {}
            )
            async with loopback.AsyncClient(timeout=60) as client:
                answers.append(await client.request(method, url, headers=sent))

        serve(self.app, test)
        return answers[0]

    def connect(self, path: str, host: str = "localhost", origin: str | None = None) -> Any:
        """Open a WebSocket and give its first message."""

        async def main() -> Any:
            async with listening(self.app) as listener:
                to: Any = {"host": "127.0.0.1", "port": listener.port, "origin": origin, "proxy": None}
                async with connect(f"ws://{host}{path}", **to) as client:
                    return await client.recv()

        return run(main)


@pytest.fixture
def layers() -> LayeredApplication:
    return LayeredApplication()


def is_problem(answer: httpx2.Response, status: int, words: str) -> bool:
    """Return whether a response is a problem document with this status that closes the connection."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.status_code == body["status"] == status
    return body["type"] == "about:blank" and words in body["detail"] and "x-answered" not in answer.headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "tunnel.example"])
def test_own_hosts_are_answered(layers, host):
    assert layers.ask("GET", host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost.",
        "localhost:1",
        "tunnel.example:443",
        "127.0.0.1",
        "",
        "localhost, evil",
        "evil@localhost",
    ],
)
def test_other_hosts_are_refused(layers, host):
    assert is_problem(layers.ask("POST", host=host), 421, "its window shows")


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], ["localhost", "evil.example"]])
def test_request_with_no_or_several_hosts_is_refused(layers, hosts):
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()) for host in hosts]
    asyncio.run(layers.app({"type": "http", "method": "GET", "path": "/", "headers": headers}, receive, send))
    assert sent[0]["status"] == 421


def test_hosts_may_change_while_it_runs(layers):
    layers.hosts = {"other.example:8443"}
    assert layers.ask("GET").status_code == 421
    assert layers.ask("GET", host="other.example:8443").status_code == 200


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_foreign_origins_are_refused(layers, origin, method):
    answer = layers.ask(method, origin=origin, access_control_request_method="POST")
    assert is_problem(answer, 403, "Deskhand's window")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_duplicate_origin_header_is_refused(layers):
    async def test(listener: RecordingListener) -> None:
        headers = [("host", "localhost"), ("origin", LISTED), ("origin", LISTED)]
        async with loopback.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{listener.port}/", headers=headers)
        assert answer.status_code == 403

    serve(layers.app, test)


def test_own_origin_is_answered_without_cors_headers(layers):
    for headers in ({}, {"origin": "http://localhost"}, {"origin": "https://localhost"}):
        answer = layers.ask("POST", **headers)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert layers.ask("POST", host="tunnel.example", origin="http://localhost").status_code == 403


def test_listed_origin_may_read_answers_without_credentials(layers):
    answer = layers.ask("POST", origin=LISTED.upper().replace("HTTPS", "https"))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-expose-headers"] == "*"
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_preflight_of_a_listed_origin_is_answered(layers):
    answer = layers.ask("OPTIONS", "/gmail/send", origin=LISTED, access_control_request_method="POST")
    assert answer.status_code == 204 and "x-answered" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"
    allowed = answer.headers["access-control-allow-headers"]
    assert allowed.startswith("Authorization, X-API-Key, Content-Type, Idempotency-Key, Prefer, MCP-Protocol-Version")
    assert "access-control-allow-credentials" not in answer.headers
    assert layers.ask("OPTIONS", origin=LISTED).headers["x-answered"] == "yes"


def test_origin_removed_from_the_list_is_refused(layers):
    layers.origins.clear()
    assert layers.ask("POST", origin=LISTED).status_code == 403


def test_websocket_of_a_foreign_origin_is_refused_before_the_handshake(layers, caplog):
    assert layers.connect("/ws") == layers.connect("/ws", origin=LISTED) == "/ws"
    for status, options in ((421, {"host": "evil.example"}), *((403, {"origin": origin}) for origin in FOREIGN[:2])):
        with pytest.raises(InvalidStatus) as refused:
            layers.connect("/ws", **options)
        response = refused.value.response
        assert response.status_code == status and b'"detail"' in response.body
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_websocket_is_refused_without_the_denial_extension(layers):
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        sent.append("connected")  # what must come first
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", b"evil.example")]}
    asyncio.run(layers.app(scope, receive, send))
    assert sent == ["connected", {"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(("host", "path"), [("localhost", "/"), ("localhost", "/kept"), ("evil.example", "/")])
def test_security_headers_are_on_every_answer(layers, host, path):
    headers = layers.ask("GET", path, host=host).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-deskhand-demo"] == "1"
    cached = path == "/kept"
    assert headers["cache-control"] == ("max-age=60" if cached else "no-store")
    assert headers["content-security-policy"].startswith("default-src 'self'" if cached else "default-src 'none'; ")
    assert len(headers.get_list("content-security-policy")) == len(headers.get_list("cache-control")) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(413, "Send less at once."), (500, "Its log says more"), (418, "The answer is 418.")]
)
def test_plain_text_failure_becomes_a_problem_document(layers, status, words):
    answer = layers.ask("GET", f"/plain/{status}")
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json" and words in answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"


def test_success_or_failure_of_another_type_stays(layers):
    assert layers.ask("GET", "/plain/200").text == layers.ask("GET", "/plain/404?kind=text/html").text == "in plain text"


def test_surface_may_set_its_own_policy(layers):
    layers.app = SecurityHeadersMiddleware(make_app(), {"content-security-policy": "img-src 'self'"})
    assert layers.ask("GET").headers.get_list("content-security-policy") == ["img-src 'self'"]


@pytest.mark.parametrize(
    ("sent", "path", "raw"),
    [
        ("/", "/", "/"),
        ("/a", "/a", "/a"),
        ("/a/", "/a", "/a"),
        ("/a/?b=/", "/a", "/a"),
        ("/a//", "/a/", "/a/"),
        ("//", "/", "/"),
        ("/a%2F", "/a/", "/a%2F"),
        ("/%C3%A4/", "/ä", "/%C3%A4"),
    ],
)
def test_path_may_end_with_a_slash(layers, sent, path, raw):
    answer = layers.ask("GET", sent)
    assert answer.status_code == 200 and answer.json() == {"path": path, "raw": raw}


def test_websocket_path_may_end_with_a_slash(layers):
    assert layers.connect("/ws/") == "/ws"


def test_head_is_answered_like_get_without_the_body(layers):
    got, head = layers.ask("GET", "/kept/"), layers.ask("HEAD", "/kept/")
    assert head.status_code == 200 and head.content == b""
    assert {name: head.headers[name] for name in got.headers if name != "date"} == {
        name: value for name, value in got.headers.items() if name != "date"
    }
    assert layers.ask("HEAD", host="evil.example").status_code == 421


def test_head_of_a_stream_ends_at_once(layers):
    async def test(listener: RecordingListener) -> None:
        caller = await call(listener, b"HEAD /stream HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await caller.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await until(lambda: layers.inner.state.left)

    layers.inner.state.left = False
    serve(layers.app, test)


@pytest.mark.parametrize(
    ("kind", "path", "answering"),
    [("http", "/mcp", "mcp"), ("http", "/mcp2", "others"), ("http", "/", "others"), ("websocket", "/mcp", "others")],
)
async def test_path_with_an_application_of_its_own_is_given_to_it(kind, path, answering):
    called = []

    async def note(name, *_):
        called.append(name)

    app = PathMiddleware(partial(note, "others"), {"/mcp": partial(note, "mcp")})
    await app({"type": kind, "path": path}, None, None)
    assert called == [answering]


@pytest.mark.parametrize(
    ("kind", "path", "answered"),
    [("http", "/open", True), ("http", "/open/x", True), ("http", "/opened", False), ("websocket", "/open", False)],
)
async def test_open_path_may_be_called_from_every_page(kind, path, answered):
    called = []

    async def note(*_):
        called.append(path)

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(_):
        pass

    app = HostOriginMiddleware(note, lambda: {"localhost"}, list, lambda: ("/open",))
    headers = [(b"host", b"localhost"), (b"origin", b"https://evil.example")]
    await app({"type": kind, "method": "GET", "path": path, "headers": headers}, receive, send)
    assert called == [path] * answered
