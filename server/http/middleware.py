"""The outermost layers of both surfaces: our own addresses, no foreign web page, the same headers on every answer.

Behind a tunnel every peer is 127.0.0.1 and every header may be made up, so none of them is believed.
"""

from collections.abc import Callable, Collection, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.core.errors import DeskhandError, Misdirected, TooLarge
from server.http.problem_details import PROBLEM_TYPE, problem_body

FOREIGN = "A web page of another origin may not call Deskhand. The person can allow it in Deskhand's window, under Access."
SENTENCES = {413: TooLarge().detail, 500: DeskhandError().detail}
ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = (
    b"Authorization, X-API-Key, Content-Type, Idempotency-Key, Prefer, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id"
)
PREFLIGHT_SECONDS = b"600"

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

Names = Callable[[], Collection[str]]
RawHeaders = list[tuple[bytes, bytes]]


class HostOriginMiddleware:
    """Answers at our own addresses only (DNS rebinding), and to no foreign web page (CSRF, WebSocket hijacking).

    `hosts` and `origins` are called for every request, so that a tunnel or the person may change them: hosts as "name:port" or
    "name" where a Host header has no port, origins as "https://name". Only an origin named there may read
    the responses (CORS), and never with credentials. `open_paths`: prefixes that any origin may call and read, because their
    responses do not depend on the user, or they look at the origin themselves.
    """

    def __init__(self, app: ASGIApp, hosts: Names, origins: Names, open_paths: Names = tuple) -> None:
        self._app, self._hosts, self._origins, self._open_paths = app, hosts, origins, open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        host, origin = read_headers(scope, b"host"), read_headers(scope, b"origin")
        allowed = {known.lower().rstrip("/") for known in self._origins()} if origin else set()
        listed = bool(origin) and (origin[0] in allowed or self._is_open(scope))
        if len(host) != 1 or host[0] not in {name.lower() for name in self._hosts()}:
            await refuse(scope, receive, send, 421, Misdirected().detail)
        elif len(origin) > 1 or (origin and not listed and not is_own_origin(origin[0], host[0])):
            await refuse(scope, receive, send, 403, FOREIGN)
        elif not listed or scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and read_headers(scope, b"access-control-request-method"):
            await answer_preflight(send, origin[0])
        else:
            await self._app(scope, receive, add_headers(send, allow_reading(origin[0])))

    def _is_open(self, scope: Scope) -> bool:
        path = scope["path"]
        return scope["type"] == "http" and any(
            path == open_path or path.startswith(f"{open_path}/") for open_path in self._open_paths()
        )


class SecurityHeadersMiddleware:
    """Adds the security headers, and those of a surface, to every answer that has no header of that name.

    A failure in plain text, such as Starlette's own 413, becomes a problem document.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        merged = {name.lower(): value for name, value in (SECURITY_HEADERS | dict(headers)).items()}
        self._headers = [(name.encode(), value.encode("latin-1")) for name, value in merged.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, replace_plain_failures(add_headers(send, self._headers)))


class TrailingSlashMiddleware:
    """Takes each path with and without a slash at its end, and answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path, raw = scope["path"], scope.get("raw_path") or scope["path"].encode()
        if len(path) > 1 and raw.endswith(b"/"):  # %2F at the end belongs to a name
            scope = {**scope, "path": path[:-1], "raw_path": raw[:-1]}
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, send_head_only(send))
        else:
            await self._app(scope, receive, send)


class PathMiddleware:
    """Sends the requests for some paths to applications of their own, beside the one for all others."""

    def __init__(self, app: ASGIApp, paths: Mapping[str, ASGIApp]) -> None:
        self._app, self._paths = app, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._paths.get(scope["path"], self._app) if scope["type"] == "http" else self._app
        await app(scope, receive, send)


def read_headers(scope: Scope, name: bytes) -> list[str]:
    """Read every value of a header, in lower case."""
    return [value.decode("latin-1").lower() for header, value in scope["headers"] if header == name]


def is_own_origin(origin: str, host: str) -> bool:
    """Return whether a request is same-origin with one of our own addresses."""
    return origin in {f"http://{host}", f"https://{host}"}


def allow_reading(origin: str) -> RawHeaders:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]


async def answer_preflight(send: Send, origin: str) -> None:
    headers = [
        *allow_reading(origin),
        (b"access-control-allow-methods", ALLOWED_METHODS),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def add_headers(send: Send, headers: RawHeaders) -> Send:
    """Add headers to an answer, unless it has one of that name."""

    async def add(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            own = list(message.get("headers", []))
            names = {name.lower() for name, _ in own}
            message = {**message, "headers": own + [header for header in headers if header[0] not in names]}
        await send(message)

    return add


def replace_plain_failures(send: Send) -> Send:
    """Replace a failure in plain text by a problem document."""
    replaced = False

    async def replace(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start" and is_plain_failure(message):
            replaced, status = True, message["status"]
            await send_problem(send, "http.response", status, SENTENCES.get(status, f"The answer is {status}."), close=False)
        elif not replaced:
            await send(message)

    return replace


def is_plain_failure(start: Message) -> bool:
    """Return whether an answer is a failure that a person would read as plain text."""
    if start["status"] < 400:
        return False
    kind = next((value for name, value in start.get("headers", []) if name.lower() == b"content-type"), b"")
    return kind.startswith(b"text/plain")


def send_head_only(send: Send) -> Send:
    """End an answer after its headers."""
    over = False

    async def pass_on(message: Message) -> None:
        nonlocal over
        if message["type"] == "http.response.start" and not over:
            over = True
            await send(message)
            await send({"type": "http.response.body", "body": b""})

    return pass_on


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    """Answer with a problem document and hang up; a WebSocket is refused before it is one."""
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        kind = "websocket.http.response"
        if kind not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
    await send_problem(send, kind, status, detail, close=True)


async def send_problem(send: Send, kind: str, status: int, detail: str, *, close: bool) -> None:
    """Send a problem document as a whole answer."""
    body = problem_body(status, detail, {})
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
