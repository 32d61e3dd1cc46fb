"""MCP server on a socket that wants a token, with the authorization server that issues it; both are scripted by tests."""

import asyncio
import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests import loopback


@dataclass
class AuthorizedServer:
    """State of both servers, and what tests change of it.

    `id`: by which Deskhand knows the server. `issued`: refresh tokens by access token. `expires_in`: of new tokens.
    `page`: the authorization endpoint. `answers`: added to the redirect back; None leaves a parameter out. `resource` and
    `metadata`: changes of what is described. `is_open`: no token is wanted.
    """

    address: str = ""
    id: str = ""
    issued: dict[str, str] = field(default_factory=dict)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    tokens_seen: list[str] = field(default_factory=list)
    expires_in: int = 3600
    page: str = ""
    answers: dict[str, str | None] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False
    is_denied: bool = False
    refresh_status: int = 200

    @property
    def url(self) -> str:
        return f"{self.address}/mcp"

    def count(self, path: str, **parameters: str) -> int:
        """Count the requests for a path with these parameters."""
        return sum(received == path and parameters.items() <= values.items() for _, received, values in self.requests)

    def revoke(self) -> None:
        """Accept no token that was issued, and refresh none."""
        self.issued.clear()

    def visit(self, page: str) -> str:
        """Open a page as a browser does whose person agrees; return where it is sent."""
        answer = loopback.request("GET", page)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def describe_resource(self, _: Request) -> Response:
        return JSONResponse({"resource": self.url, "authorization_servers": [self.address], **self.resource})

    async def describe_server(self, _: Request) -> Response:
        described = {
            "issuer": self.address,
            "authorization_endpoint": self.page or f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "registration_endpoint": f"{self.address}/register",
            "revocation_endpoint": f"{self.address}/revoke",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
        }
        return JSONResponse({name: value for name, value in {**described, **self.metadata}.items() if value is not None})

    async def register(self, request: Request) -> Response:
        described = await request.json()
        self.requests.append(("POST", "/register", {}))
        client_id = f"client-{secrets.token_hex(4)}"
        self.clients[client_id] = described
        return JSONResponse({**described, "client_id": client_id, "token_endpoint_auth_method": "none"}, 201)

    async def authorize(self, request: Request) -> Response:
        received = dict(request.query_params)
        self.requests.append(("GET", "/authorize", received))
        client = self.clients.get(received["client_id"])
        if client is None or received["redirect_uri"] not in client["redirect_uris"]:
            return Response("unknown client", 400)
        code = secrets.token_hex(16)
        self.codes[code] = received
        answer: dict[str, str | None] = {"code": code, "state": received["state"], "iss": self.address}
        if self.is_denied:
            answer = {"error": "access_denied", "state": received["state"]}
        parameters = {name: value for name, value in {**answer, **self.answers}.items() if value is not None}
        return RedirectResponse(f"{received['redirect_uri']}?{urlencode(parameters)}", 302)

    async def issue(self, request: Request) -> Response:
        received = dict(parse_qsl((await request.body()).decode()))
        self.requests.append(("POST", request.url.path, received))
        grant = received.get("grant_type")
        if grant == "authorization_code":
            begun = self.codes.pop(received["code"], {})
            challenge = base64.urlsafe_b64encode(hashlib.sha256(received["code_verifier"].encode()).digest()).decode().rstrip("=")
            valid = begun.get("code_challenge") == challenge and begun["redirect_uri"] == received["redirect_uri"]
        elif grant == "refresh_token":
            if self.refresh_status != 200:
                return JSONResponse({"error": "temporarily_unavailable"}, self.refresh_status)
            await asyncio.sleep(0.05)  # so that two refreshes would overlap
            former = [access for access, refresh in self.issued.items() if refresh == received["refresh_token"]]
            valid = bool(former)
            for access in former:  # it rotates: a second refresh with it fails
                del self.issued[access]
        else:
            header = base64.b64decode(request.headers.get("authorization", "Basic ").removeprefix("Basic ")).decode()
            valid = grant == "client_credentials" and header == "machine:machine-secret"
        if not valid:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access, refresh = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
        self.issued[access] = refresh
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in}
        return JSONResponse(answer if grant == "client_credentials" else {**answer, "refresh_token": refresh})

    async def revoke_token(self, request: Request) -> Response:
        received = dict(parse_qsl((await request.body()).decode()))
        self.requests.append(("POST", "/revoke", received))
        self.issued = {access: refresh for access, refresh in self.issued.items() if refresh != received["token"]}
        return Response()

    def protect(self, app: ASGIApp) -> ASGIApp:
        """Let requests with a valid token through."""

        async def check(scope: Scope, receive: Receive, send: Send) -> None:
            token = Request(scope).headers.get("authorization", "")
            self.tokens_seen.append(token.removeprefix("Bearer "))
            if self.is_open or token.removeprefix("Bearer ") in self.issued:
                await app(scope, receive, send)
                return
            metadata = f"{self.address}/.well-known/oauth-protected-resource/mcp"
            headers = {"WWW-Authenticate": f'Bearer error="invalid_token", resource_metadata="{metadata}"'}
            await JSONResponse({"error": "invalid_token"}, 401, headers)(scope, receive, send)

        return check


def whoami() -> str:
    """Say hello."""
    return "hello"


@contextmanager
def authorized_server(**options: Any) -> Iterator[AuthorizedServer]:
    """Run both servers on one loopback port."""
    state = AuthorizedServer(**options)
    server = MCPServer(name="authorized", log_level="ERROR")
    server.add_tool(whoami, structured_output=False)
    mcp = server.streamable_http_app(transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False))
    app = Starlette(
        routes=[
            Route("/.well-known/oauth-protected-resource/mcp", state.describe_resource),
            Route("/.well-known/oauth-authorization-server", state.describe_server),
            Route("/register", state.register, methods=["POST"]),
            Route("/authorize", state.authorize),
            Route("/token", state.issue, methods=["POST"]),
            Route("/revoke", state.revoke_token, methods=["POST"]),
            Route("/other/token", state.issue, methods=["POST"]),
            Mount("/", state.protect(mcp)),
        ],
        lifespan=lambda _: mcp.router.lifespan_context(mcp),
    )
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    state.address = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        running.should_exit = True
        thread.join(60)


def read_query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
