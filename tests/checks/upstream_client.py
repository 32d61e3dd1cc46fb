"""Session with an upstream server, as the conformance suite drives a client: it lists the tools and calls each of them."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from server.core.errors import DeskhandError
from server.integrations.tools.adapter.session import Session, open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Connection, Tool, Transport

URL = sys.argv[-1]
SCENARIO = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
CALLBACK = "http://localhost:3000/callback"
CLIENT_METADATA_URL = "https://conformance-test.local/client-metadata.json"  # which the suite expects


class Memory:
    """Token storage of one run."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


def make_auth() -> OAuthClientProvider:
    """Make the sign-in of the SDK, with a browser that is sent back at once."""
    memory, answer = Memory(), dict[str, str]()
    if CONTEXT.get("client_id"):
        secret = CONTEXT.get("client_secret")
        registered = {"client_id": CONTEXT["client_id"], "client_secret": secret, "redirect_uris": [CALLBACK]}
        registered |= {"token_endpoint_auth_method": "client_secret_basic" if secret else "none"}
        registered |= {"issuer": CONTEXT["issuer"]} if CONTEXT.get("issuer") else {}
        memory.client = OAuthClientInformationFull.model_validate(registered)

    async def redirect(address: str) -> None:
        async with httpx2.AsyncClient(follow_redirects=False, trust_env=False) as http:
            location = (await http.get(address)).headers["location"]
        answer.update({name: values[0] for name, values in parse_qs(urlsplit(location).query).items()})

    async def callback() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**{name: answer[name] for name in ("code", "state", "iss") if name in answer})

    metadata = OAuthClientMetadata.model_validate(
        {"client_name": "deskhand", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"]}
    )
    return OAuthClientProvider(URL, metadata, memory, redirect, callback, client_metadata_url=CLIENT_METADATA_URL)


def make_arguments(tool: Tool) -> dict[str, Any]:
    """Make the arguments that a tool requires."""
    properties, required = tool.input_schema.get("properties") or {}, tool.input_schema.get("required") or []
    return {name: 1 if properties[name].get("type") in {"number", "integer"} else "x" for name in required if name in properties}


async def call_all(session: Session) -> None:
    """Call the tools that the scenario names, then every other."""
    calls = [(call["name"], call.get("arguments", {})) for call in CONTEXT.get("toolCalls", [])]
    named = {name for name, _ in calls}
    calls += [(tool.name, make_arguments(tool)) for tool in (await session.list_all()).tools if tool.name not in named]
    for name, arguments in calls:
        try:
            await session.call_tool(name, arguments, 20)
        except DeskhandError as error:  # a scenario may want it refused
            print(name, error.detail, file=sys.stderr)


async def main() -> None:
    connection = Connection(id="suite", title="Suite", transport=Transport.http, url=URL)
    auth = make_auth() if SCENARIO.startswith("auth/") else None
    async with open_session(connection, UpstreamLog(), lambda: None, auth) as session:
        await call_all(session)


if __name__ == "__main__":
    asyncio.run(main())
