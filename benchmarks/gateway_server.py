"""The MCP servers that stand behind the gateways in benchmarks/gateway and many_tools, over standard streams.

    python gateway_server.py trivial [NUMBER NAME] | fastmcp

`trivial` does as little as a server can, without a library, and has a tool `echo`, or so many tools whose names begin with NAME.
`fastmcp` is what the MCP SDK 1.x makes of a plain function.
"""

import json
import sys
from typing import Any

TOOL = {
    "name": "echo",
    "description": "Say it again.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


def list_tools() -> list[dict[str, Any]]:
    if len(sys.argv) < 4:
        return [TOOL]
    return [{**TOOL, "name": f"{sys.argv[3]}_{number}"} for number in range(int(sys.argv[2]))]


def answer(method: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a request; None if the method is not known."""
    if method == "initialize":
        info = {"name": "trivial", "version": "1"}
        return {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": list_tools()}
    if method == "tools/call":
        return {"content": [{"type": "text", "text": parameters["arguments"]["text"]}], "isError": False}
    return {} if method == "ping" else None


def serve_trivial() -> None:
    """Answer each line with a line."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = answer(message["method"], message.get("params", {}))
        outcome = {"result": result} if result is not None else {"error": {"code": -32601, "message": "Method not found"}}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **outcome}) + "\n")
        sys.stdout.flush()


def serve_fastmcp() -> None:
    """Serve one tool as the documentation of the SDK has it."""
    from mcp.server.fastmcp import FastMCP  # type: ignore[attr-defined]  # of 1.x, in an environment of its own

    server = FastMCP("things", log_level="ERROR")

    @server.tool()  # type: ignore[untyped-decorator]
    def echo(text: str) -> str:
        """Say it again."""
        return text

    server.run()


if __name__ == "__main__":
    {"trivial": serve_trivial, "fastmcp": serve_fastmcp}[sys.argv[1]]()
