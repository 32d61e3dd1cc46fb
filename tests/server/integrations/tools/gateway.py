"""A gateway with the demo CRM, for tests over the real server."""

import json
from typing import Any

from server.integrations.tools.fake.launch import crm_command, crm_environment
from tests.server.conftest import Served


def describe_crm(**changes: Any) -> dict[str, Any]:
    """Describe the demo CRM as MCP clients do."""
    program, *arguments = crm_command()
    return {"command": program, "args": arguments, "env": crm_environment(), **changes}


def write_config(**servers: dict[str, Any]) -> str:
    return json.dumps({"mcpServers": servers})


def add_servers(served: Served, **servers: dict[str, Any]) -> dict[str, Any]:
    """Add servers, and wait until their tools are there."""
    answer = served.person("POST", "/api/tools", json={"config": write_config(**servers)})
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def trust(served: Served, server: str = "crm") -> None:
    """Trust a server."""
    answer = served.person("PUT", f"/api/tools/{server}/trust", json={"trusted": True})
    assert answer.status_code == 200, answer.text
