"""Servers and tools as the person sees them."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from server.integrations.tools.config.values import list_missing, list_variables
from server.integrations.tools.models import Input, ServerInfo, Transport, UpstreamState
from server.integrations.tools.offers import Offers
from server.integrations.tools.service import ToolsService
from server.integrations.tools.upstream import Upstream
from server.integrations.tools.watcher import WatchedView


class ToolView(BaseModel):
    """A tool. `annotations`: claims of its server."""

    name: str = Field(description="Its name at the server.")
    public_name: str = Field(description="The name that clients see; empty if it is not offered.")
    operation: str = Field(description="The name of its operation, by which permissions are stored.")
    title: str
    description: str
    parameters: dict[str, Any]
    annotations: Mapping[str, Any]
    read_only: bool = Field(description="Whether the person has marked it as one that only reads.")
    trusted: bool = Field(description="Whether the person trusts it.")
    changed: bool = Field(description="Whether it has changed since it was marked or trusted.")
    offered: bool = Field(description="Whether it is offered to clients.")


class UpstreamView(BaseModel):
    """A server."""

    id: str
    title: str
    transport: Transport
    target: str = Field(description="Its address or command.")
    enabled: bool
    confirmed: bool = Field(description="Whether the person has added it as it is; else it does not run.")
    trusted: bool
    state: UpstreamState
    error: str
    latency: float | None = Field(description="Seconds of its last answer.")
    restarts: int
    info: ServerInfo
    notes: list[str] = Field(description="What is suspicious or was left out.")
    folder: str
    environment: list[str] = Field(description="Names of the variables with which it is started; their values are secret.")
    headers: list[str] = Field(description="Names of the headers that are sent to it; their values are secret.")
    variables: list[str] = Field(description="Names of the variables in its configuration; their values are secret.")
    missing: list[str] = Field(description="Names of those without a value.")
    revision: str = Field(description="What it is now, to be confirmed as it is shown.")
    resources: int = Field(description="How many resources it has, with their templates.")
    prompts: int = Field(description="How many prompts it has.")
    tools: list[ToolView]


class ToolsView(BaseModel):
    """All servers. `renamed`: names that several tools have, and what they are called instead."""

    servers: list[UpstreamView]
    renamed: dict[str, list[str]]
    watched: WatchedView | None


class AddOrder(BaseModel):
    """A configuration."""

    config: str = Field(max_length=1_048_576, description="The text of a configuration, such as an mcpServers file.")
    inputs: dict[str, str] = Field({}, repr=False, description="Values of the inputs that it asks for.")
    variables: dict[str, str] = Field({}, repr=False, description="Values of variables that it refers to.")

    @property
    def environment(self) -> dict[str, str]:
        """Variables of this computer, and those that were given."""
        return {**os.environ, **self.variables}


class AddedView(BaseModel):
    """Servers that were added. `missing`: variables without a value, by server."""

    added: list[str]
    notes: list[str]
    missing: dict[str, list[str]]
    inputs: list[Input]
    tools: ToolsView


class TrustOrder(BaseModel):
    """Trust in a server, or its end."""

    trusted: bool


class ReadOnlyOrder(BaseModel):
    """Mark of a tool as one that only reads, or its end."""

    tool: str = Field(max_length=256)
    read_only: bool


class LogView(BaseModel):
    """Lines of a server's log, oldest first."""

    lines: list[str]


def view_all(service: ToolsService) -> ToolsView:
    """View all servers."""
    return ToolsView(
        servers=[view_upstream(service.offers, upstream) for upstream in service.upstreams.values()],
        renamed=service.offers.list_renamed(),
        watched=service.watcher.view(),
    )


def view_upstream(offers: Offers, upstream: Upstream) -> UpstreamView:
    """View a server with its tools."""
    config, status, credentials = upstream.config, upstream.status, upstream.credentials
    return UpstreamView(
        **config.model_dump(include={"id", "title", "transport", "enabled", "folder", "environment", "headers"}),
        variables=list(list_variables(config, credentials.secrets)),
        missing=list_missing(config, credentials.secrets),
        **status.model_dump(include={"state", "error", "latency", "restarts"}),
        target=upstream.target,
        confirmed=upstream.is_confirmed,
        revision=upstream.revision,
        resources=len(upstream.supervisor.catalog.resources) + len(upstream.supervisor.catalog.templates),
        prompts=len(upstream.supervisor.catalog.prompts),
        trusted=credentials.trusted,
        info=status.info,
        notes=list(upstream.supervisor.catalog.notes),
        tools=list_tools(offers, upstream),
    )


def list_tools(offers: Offers, upstream: Upstream) -> list[ToolView]:
    """List the tools of a server."""
    offered = {tool.key.tool: tool for tool in offers.tools if tool.key.server == upstream.config.id}
    marks = upstream.credentials
    return [
        ToolView(
            **tool.model_dump(include={"name", "title", "description", "annotations"}),
            public_name=offered[tool.name].public.name if tool.name in offered else "",
            operation=offered[tool.name].identity if tool.name in offered else "",
            parameters=offers.parameters_of(offered[tool.name]) if tool.name in offered else tool.input_schema,
            read_only=upstream.is_read_only(tool),
            trusted=upstream.is_trusted(tool),
            offered=upstream.is_offered(tool),
            changed=(tool.name in marks.read_only and not upstream.is_read_only(tool))
            or (marks.trusted and not upstream.is_trusted(tool)),
        )
        for tool in upstream.list_tools()
    ]
