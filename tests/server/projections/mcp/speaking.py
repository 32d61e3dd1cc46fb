"""Speaks MCP as clients do, over HTTP and without the SDK, so that every header is the test's own."""

import json
from typing import Any

MODERN = "2026-07-28"
OLDER = "2025-06-18"
PREFIX = "io.modelcontextprotocol"
ACCEPT = "application/json, text/event-stream"


def modern(method: str, params: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """A request of the revision without sessions, as options for a call."""
    params = params or {}
    meta = {f"{PREFIX}/protocolVersion": MODERN, f"{PREFIX}/clientCapabilities": {}}
    own = {"Accept": ACCEPT, "MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if "name" in params:
        own["Mcp-Name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    return {"json": body, "headers": own | headers}


def older(method: str, params: dict[str, Any] | None = None, session: str = "", **more: Any) -> dict[str, Any]:
    """A request of a revision with sessions."""
    headers = {"Accept": ACCEPT} | ({"Mcp-Session-Id": session, "MCP-Protocol-Version": OLDER} if session else {})
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}} | more
    return {"json": {key: value for key, value in body.items() if value is not None}, "headers": headers}


def initialize() -> dict[str, Any]:
    """How an older client begins."""
    return older("initialize", {"protocolVersion": OLDER, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})


def read(answer: Any) -> Any:
    """The message in an answer, whichever way it came."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        lines = [line for line in answer.text.splitlines() if line.startswith("data: {")]
        return json.loads(lines[-1].removeprefix("data: "))
    return answer.json()
