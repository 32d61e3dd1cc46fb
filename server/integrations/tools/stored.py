"""Stored servers: the settings, and what is stored as a secret of each server and so is in no backup."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from server.integrations.tools.models import Frozen, Tool, UpstreamConfig, UpstreamSecrets

SECTION = "tools"
NOT_RUN = {"title", "disabled_tools", "offered", "enabled", "error_prefixes", "token_variable"}  # has no part in what is run


class WatchedFile(Frozen):
    """A configuration file that is watched. `servers`: ids of its servers, by the ids that their names make."""

    path: str
    servers: Mapping[str, str] = {}


class ToolsSettings(BaseModel):
    """Settings of the tools of MCP servers."""

    upstreams: list[UpstreamConfig] = Field([], description="The MCP servers.")
    retired: dict[str, str] = Field({}, description="Fingerprints of removed servers by id, which no other server gets.")
    watched: WatchedFile | None = Field(None, description="The configuration file that is watched.")
    query_tool: str = Field(
        "",
        max_length=64,
        title="Tool for questions",
        description="The tool that /query asks. Empty: the first one called natural_query.",
    )
    check_presets: bool = Field(
        True,
        title="Look for newer presets",
        description="Look once a day whether there is a newer version of the servers that were installed from the list.",
    )


class Credentials(Frozen):
    """Secrets of a server, and what the person has confirmed of it; in no backup.

    `fingerprint`: of the configuration that the person added; another one does not run until it is confirmed.
    `accepted`: fingerprints of the tools when the person trusted them. `read_only`: of those marked as reading.
    `caller_client`: id of the client of callers who bring a token of their own, if the person lets them in.
    """

    secrets: UpstreamSecrets = UpstreamSecrets()
    fingerprint: str = ""
    trusted: bool = False
    accepted: Mapping[str, str] = {}
    read_only: Mapping[str, str] = {}
    caller_client: str = ""

    def to_json(self) -> str:
        """Write it with the values of its secrets."""
        secrets = self.secrets
        values = {
            name: {key: value.get_secret_value() for key, value in getattr(secrets, name).items()}
            for name in ("environment", "headers", "variables")
        }
        document = self.model_dump(mode="json", exclude={"secrets"})
        return json.dumps(document | {"secrets": {**values, "query": secrets.query.get_secret_value()}})


def fingerprint(config: UpstreamConfig) -> str:
    """Fingerprint of what a configuration runs or reaches."""
    document = config.model_dump(mode="json", exclude=NOT_RUN)
    if config.oauth is None:  # fingerprints of earlier versions have no such part
        del document["oauth"]
    return digest(document)


def fingerprint_tool(tool: Tool) -> str:
    """Fingerprint of what a server says of a tool, as far as anybody sees it."""
    return digest(tool.model_dump(mode="json", exclude={"output_schema", "flags", *tool.VOLATILE}))


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
