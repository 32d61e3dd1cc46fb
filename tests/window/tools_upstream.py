"""Upstream server for the tests of the tools page: JSON-RPC over standard streams. `python tools_upstream.py FILE`.

FILE: a JSON object with its `tools` and `instructions`, read whenever they are asked for. A call answers with its
arguments; `picture` with an image, `fail` with an error.
"""

import json
import sys
from pathlib import Path
from typing import Any

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGPkzs5gwAaYsIoOWgkAsl8A7lbPOdgAAAAASUVORK5CYII="
CONTENTS = {"picture": {"type": "image", "data": PICTURE, "mimeType": "image/png"}}


def read() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    return content


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        info = {"name": "gallery", "version": "1.4.2"}
        capabilities = {"tools": {"listChanged": True}}
        instructions = read().get("instructions", "Search before you answer.")
        return {
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "serverInfo": info,
            "instructions": instructions,
        }
    if method == "tools/list":
        return {"tools": read()["tools"]}
    if method == "tools/call":
        name, arguments = params["name"], params.get("arguments") or {}
        sys.stderr.write(f"called {name}\n")
        sys.stderr.flush()
        text = {"type": "text", "text": json.dumps(arguments)}
        return {"content": [CONTENTS.get(name, text)], "isError": name == "fail"}
    return None


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = answer(message["method"], message.get("params") or {})
        body = {"result": result} if result else {"error": {"code": -32601, "message": "Method not found"}}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], **body}) + "\n")
        sys.stdout.flush()


main()
