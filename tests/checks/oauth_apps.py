"""Programs of others that sign in: a GPT with Actions, and two clients of MCP."""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from server.demo.chatgpt import compose
from tests import loopback
from tests.checks.conftest import Process
from tests.checks.consent import read_answer, run_command, visit

GPT_CALLBACK = "https://chatgpt.com/aip/g-0123456789abcdef/oauth/callback"
APP_CALLBACK = "http://127.0.0.1:47654/callback"


@dataclass
class Gpt:
    """A custom GPT with Actions: no PKCE, an empty scope, its secret in the body or in a header. It refreshes by itself."""

    server: Process
    name: str
    client_id: str
    secret: str = field(repr=False)
    proof: Literal["body", "header"] = "body"
    tokens: dict[str, Any] = field(default_factory=dict, repr=False)
    refreshed: int = 0

    def sign_in(self) -> None:
        """Let somebody sign in, as ChatGPT does when a GPT is used for the first time."""
        state = secrets.token_urlsafe(16)
        query = {"response_type": "code", "client_id": self.client_id, "redirect_uri": GPT_CALLBACK, "state": state, "scope": ""}
        answer = read_answer(visit(self.server, f"{self.server.public}/chatgpt/oauth/authorize?{urlencode(query)}"))
        assert answer["state"] == state
        assert answer["iss"] == self.server.public
        code = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": GPT_CALLBACK}
        tokens = self.ask_token(code)
        assert tokens.status_code == 200, tokens.text
        self.tokens = tokens.json()

    def ask_token(self, form: dict[str, str]) -> httpx2.Response:
        """Ask for tokens, with the secret where it belongs."""
        pair, headers = {"client_id": self.client_id, "client_secret": self.secret}, {}
        if self.proof == "header":
            written = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            pair, headers = {}, {"Authorization": f"Basic {written}"}
        return loopback.post(f"{self.server.public}/chatgpt/oauth/token", data=form | pair, headers=headers)

    def refresh(self) -> None:
        """Change the refresh token for another pair."""
        tokens = self.ask_token({"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]})
        assert tokens.status_code == 200, tokens.text
        self.tokens, self.refreshed = tokens.json(), self.refreshed + 1

    def call(self, operation: str, arguments: dict[str, Any]) -> httpx2.Response:
        """Call an operation, with another token where this one has ended."""
        answer = self._call_once(operation, arguments)
        if answer.status_code != 401:
            return answer
        self.refresh()
        return self._call_once(operation, arguments)

    @cached_property
    def all_operations(self) -> dict[str, Any]:
        """All operations that there are, whether or not its own document names them."""
        return dict(loopback.get(f"{self.server.public}/openapi.json").json())

    def import_document(self) -> dict[str, Any]:
        """Import the schema as ChatGPT's editor does."""
        return dict(loopback.get(f"{self.server.public}/gpts/{self.name}/openapi.json").json())

    def _call_once(self, operation: str, arguments: dict[str, Any]) -> httpx2.Response:
        request = compose(self.all_operations, operation, arguments)
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        address = self.server.public + request.path
        return loopback.request(request.method, address, params=request.query, json=request.body, headers=headers, timeout=45)


def make_gpt(server: Process, name: str, proof: Literal["body", "header"], *more: str) -> Gpt:
    """Make a client on the command line, and paste its id and secret into a GPT."""
    pair = json.loads(run_command(server, "clients", "create", name, "--oauth", *more))
    return Gpt(server, name, pair["client_id"], pair["client_secret"], proof)


@dataclass
class TokenStorage:
    """Token storage of the SDK's client."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None
    pairs: int = 0

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens, self.pairs = tokens, self.pairs + 1

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@asynccontextmanager
async def open_app(server: Process, purse: TokenStorage, name: str = "An app") -> AsyncIterator[Client]:
    """The SDK's own client, which registers and signs in by itself."""
    answers: list[str] = []

    async def redirect(address: str) -> None:
        answers.append(await asyncio.to_thread(visit, server, address))

    async def come_back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult.model_validate(read_answer(answers[-1]))

    metadata = OAuthClientMetadata(
        client_name=name,
        redirect_uris=[AnyUrl(APP_CALLBACK)],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    provider = OAuthClientProvider(f"{server.public}/mcp", metadata, purse, redirect, come_back)
    async with (
        create_mcp_http_client(auth=provider, timeout=httpx2.Timeout(60)) as http,
        Client(streamable_http_client(f"{server.public}/mcp", http_client=http)) as client,
    ):
        yield client
