"""Session with an upstream server, as the conformance suite drives a client: it lists the tools and calls each of them."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx2

from server.core.errors import DeskhandError, SignInNeeded
from server.integrations.tools.adapter.oauth import SessionAuth, authorize
from server.integrations.tools.adapter.session import Session, open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Connection, OAuthClient, Tool, Transport
from server.integrations.tools.sign_in.pending import Pending, read_answer
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.sign_in.stored import GrantStore
from server.storage.secrets import Secrets

URL = sys.argv[-1]
SCENARIO = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
CALLBACK = "http://localhost:3000/callback"
CLIENT_METADATA_URL = "https://conformance-test.local/client-metadata.json"  # which the suite expects
SIGN_INS = 3  # at most, in one run


class Memory:
    """Secrets of one run."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self.values.get(name)

    async def set(self, name: str, value: str) -> None:
        self.values[name] = value


async def sign_in_by_browser(connection: Connection, sign_in: SignIn) -> None:
    """Sign in as the person does, whose browser is sent back at once."""
    pending = Pending(connection.title, CALLBACK)

    async def visit() -> None:
        async with httpx2.AsyncClient(follow_redirects=False, trust_env=False) as http:
            location = (await http.get(await pending.page)).headers["location"]
        pending.answer.set_result(read_answer(parse_qsl(urlsplit(location).query)))

    browser = asyncio.create_task(visit())
    try:
        await authorize(connection, make_client(), sign_in, pending)
    finally:
        browser.cancel()


def make_client() -> OAuthClient:
    """Make the client that the scenario has registered, if it has."""
    names = ("client_id", "client_secret", "issuer")
    return OAuthClient(metadata_url=CLIENT_METADATA_URL, **{name: CONTEXT[name] for name in names if CONTEXT.get(name)})


def make_arguments(tool: Tool) -> dict[str, Any]:
    """Make the arguments that a tool requires."""
    properties, required = tool.input_schema.get("properties") or {}, tool.input_schema.get("required") or []
    return {name: 1 if properties[name].get("type") in {"number", "integer"} else "x" for name in required if name in properties}


async def call_all(session: Session, connection: Connection, sign_in: SignIn) -> None:
    """Call the tools that the scenario names, then every other."""
    calls = [(call["name"], call.get("arguments", {})) for call in CONTEXT.get("toolCalls", [])]
    named = {name for name, _ in calls}
    calls += [(tool.name, make_arguments(tool)) for tool in (await session.list_all()).tools if tool.name not in named]
    for name, arguments in calls:
        try:
            await call(session, name, arguments, connection, sign_in)
        except DeskhandError as error:  # a scenario may want it refused
            print(name, error.detail, file=sys.stderr)


async def call(session: Session, name: str, arguments: dict[str, Any], connection: Connection, sign_in: SignIn) -> None:
    """Call a tool, and once more after the person has signed in for it."""
    try:
        await session.call_tool(name, arguments, 20)
    except SignInNeeded:
        await sign_in_by_browser(connection, sign_in)
        await session.call_tool(name, arguments, 20)


async def use(connection: Connection, sign_in: SignIn) -> None:
    """Use a server in one session."""
    auth = SessionAuth(URL, make_client(), sign_in) if SCENARIO.startswith("auth/") else None
    async with open_session(connection, UpstreamLog(), lambda: None, auth) as session:
        await call_all(session, connection, sign_in)


async def main() -> None:
    connection = Connection(id="suite", title="Suite", transport=Transport.http, url=URL)
    store = GrantStore(cast(Secrets, Memory()))
    sign_in = SignIn(store, "suite", "Suite", "binding", lambda: None)
    for _ in range(SIGN_INS):
        try:
            return await use(connection, sign_in)
        except SignInNeeded:
            await sign_in_by_browser(connection, sign_in)
    return None


if __name__ == "__main__":
    asyncio.run(main())
