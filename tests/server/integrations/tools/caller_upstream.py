"""Upstream server that answers with the token of its caller: over standard streams, or over HTTP on a port."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import Any

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult, ElicitRequest, ElicitRequestFormParams, InputRequiredResult, TextContent

VARIABLE = "CALLER_TOKEN"
REFUSED = "refused."  # how tokens begin that are refused
EXPIRED = set[str]()
NOBODY = "nobody"
FORM: Any = {"type": "object", "properties": {"name": {"type": "string"}}}

server = MCPServer(name="who", log_level="WARNING")
Message = MutableMapping[str, Any]


def read_caller(context: Context[Any, Any]) -> str:
    sent = (context.headers or {}).get("authorization", "")
    return sent.removeprefix("Bearer ") or os.environ.get(VARIABLE, NOBODY)


@server.tool(structured_output=False)
async def who(context: Context[Any, Any], number: int = 0, seconds: float = 0) -> CallToolResult:
    """Say who calls, after some seconds."""
    await anyio.sleep(seconds)
    return CallToolResult(content=[TextContent(text=json.dumps({"caller": read_caller(context), "number": number}))])


@server.tool(structured_output=False)
def see(context: Context[Any, Any]) -> CallToolResult:
    """Show everything that the server was given."""
    given = {"environment": dict(os.environ), "headers": dict(context.headers or {}), "process": os.getpid()}
    return CallToolResult(content=[TextContent(text=json.dumps(given))])


@server.tool(structured_output=False)
def expire(context: Context[Any, Any]) -> CallToolResult:
    """Refuse the token of the caller from now on."""
    EXPIRED.add(read_caller(context))
    return CallToolResult(content=[TextContent(text="expired")])


@server.tool(structured_output=False)
async def ask(context: Context[Any, Any]) -> CallToolResult | InputRequiredResult:
    """Ask the person."""
    if not context.input_responses:
        params = ElicitRequestFormParams(message="Who?", requested_schema=FORM)
        return InputRequiredResult(input_requests={"who": ElicitRequest(params=params)}, request_state="state")
    return CallToolResult(content=[TextContent(text=context.input_responses["who"].model_dump_json())])


def refuse(
    app: Callable[..., Awaitable[None]],
) -> Callable[..., Awaitable[None]]:
    """Answer 401 to tokens that are refused."""

    async def respond(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        token = dict(scope.get("headers", [])).get(b"authorization", b"").decode().removeprefix("Bearer ")
        if not token.startswith(REFUSED) and token not in EXPIRED:
            return await app(scope, receive, send)
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})
        return None

    return respond


@contextmanager
def serving() -> Iterator[str]:
    """Serve over HTTP in a process of its own; yields its address."""
    described = describe()
    with Popen([described["command"], *described["args"], "http"], stdout=PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        finally:
            process.terminate()


def describe(**changes: Any) -> dict[str, Any]:
    """Describe it as MCP clients do."""
    from tests.server.integrations.tools.forking import describe_forked

    return {**describe_forked(__file__), **changes}


def main() -> None:
    if sys.argv[1:] != ["http"]:
        server.run("stdio")
        return
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(refuse(server.streamable_http_app()), log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
