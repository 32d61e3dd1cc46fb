"""A gateway with the demo CRM, for tests over the real server."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop.server_thread import BackgroundServer
from server.integrations.tools.fake import launch
from server.integrations.tools.fake.launch import crm_environment
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from tests.server.conftest import Served
from tests.server.integrations.tools.forking import describe_forked
from tests.server.integrations.tools.upstreams import HOSTILE


def describe_crm(**changes: Any) -> dict[str, Any]:
    """Describe the demo CRM as MCP clients do."""
    return {**describe_forked(launch.__file__), "env": crm_environment(), **changes}


def write_config(**servers: dict[str, Any]) -> str:
    return json.dumps({"mcpServers": servers})


def add_servers(served: Served, **servers: dict[str, Any]) -> dict[str, Any]:
    """Add servers, and wait until their tools are there."""
    answer = served.person("POST", "/api/tools", json={"config": write_config(**servers)})
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def trust(served: Served, server: str = "crm", *, trusted: bool = True) -> None:
    """Trust a server, or no longer."""
    answer = served.person("PUT", f"/api/tools/{server}/trust", json={"trusted": trusted})
    assert answer.status_code == 200, answer.text


@contextmanager
def serve_crm(data: Path, **options: Any) -> Iterator[Served]:
    """Run a server with the demo CRM as an upstream server."""
    background = BackgroundServer(Program(Options(port=0, data_dir=data, **options), NoScreen()))
    ready = background.start()
    try:
        served = Served(background, ready.public, ready.local, data)
        add_servers(served, crm=describe_crm())
        yield served
    finally:
        assert background.stop(), "the server did not stop"


def find_server(served: Served, server: str = "crm") -> dict[str, Any]:
    """Read a server as the person sees it."""
    (view,) = [view for view in served.person("GET", "/api/tools").json()["servers"] if view["id"] == server]
    server_view: dict[str, Any] = view
    return server_view


def wait_for_tools(served: Served, server: str = "crm", seconds: float = 60) -> list[str]:
    """Wait until the tools of a server are offered; return their public names."""
    limit = time.monotonic() + seconds
    while True:
        names = [tool["public_name"] for tool in find_server(served, server)["tools"] if tool["public_name"]]
        if names:
            return names
        assert time.monotonic() < limit, find_server(served, server)
        time.sleep(0.05)


@dataclass
class ScriptedUpstream:
    """A server whose tools a test writes into a file; it says whenever they change."""

    path: Path
    id: str

    @property
    def operation(self) -> str:
        return f"{self.id}__list_notes"

    def describe(self, **changes: Any) -> dict[str, Any]:
        return {"command": sys.executable, "args": [str(HOSTILE), "scripted", str(self.path)], **changes}

    def write(self, *tools: dict[str, Any]) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(tools))
        new.replace(self.path)


def describe_tool(name: str, description: str = "Lists notes.", **properties: Any) -> dict[str, Any]:
    """Describe a tool as servers list it."""
    return {"name": name, "description": description, "inputSchema": {"type": "object", "properties": properties}}


def find_tool(served: Served, name: str, server: str = "crm") -> dict[str, Any]:
    """Read a tool as the person sees it; empty if its server does not list it."""
    return next((tool for tool in find_server(served, server)["tools"] if tool["name"] == name), {})


def wait_for_tool(served: Served, server: str, name: str, seconds: float = 60, **values: Any) -> dict[str, Any]:
    """Wait until a tool is shown with these values."""
    limit = time.monotonic() + seconds
    while True:
        tool = find_tool(served, name, server)
        if tool and all(tool[key] == value for key, value in values.items()):
            return tool
        assert time.monotonic() < limit, tool
        time.sleep(0.05)


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for a condition."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)
