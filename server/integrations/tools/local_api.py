"""MCP servers over the local surface, for the commands."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from server.core.command import format_command
from server.core.errors import NotFound
from server.core.text import shorten
from server.sdk.cli import LocalApi, connect


def address(server_id: str, part: str = "") -> str:
    return f"/api/tools/{quote(server_id, safe='')}{part}"


def find_server(deskhand: LocalApi, server: str) -> dict[str, Any]:
    """Find a server. Raises NotFound."""
    for view in deskhand.call("GET", "/api/tools")["servers"]:
        if view["id"] == server:
            return dict(view)
    raise NotFound(f"There is no MCP server called {shorten(server)}. See {format_command('tools list')}.")


def change_server(data_dir: Path | None, server_id: str, part: str, **order: Any) -> None:
    """Change a part of a server. Raises NotFound."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("PUT", address(server_id, part), order)


def complete_variables(deskhand: LocalApi, config: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Make the order to add a configuration. Variables that Deskhand does not know have the values of this shell."""
    order = {"config": config, "inputs": values, "variables": values}
    missing = deskhand.call("POST", "/api/tools/preview", order)["missing"]
    shell = {name: os.environ[name] for name in missing if name in os.environ}
    return {**order, "variables": {**shell, **values}}
