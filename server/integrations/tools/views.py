"""Servers and tools as the person sees them."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from server.integrations.tools.config.values import list_missing, list_variables
from server.integrations.tools.models import Input, ServerInfo, Tool, Transport, UpstreamState
from server.integrations.tools.offer import OfferedTool
from server.integrations.tools.offers import Offers
from server.integrations.tools.schemas.portable import make_portable
from server.integrations.tools.service import ToolsService
from server.integrations.tools.sign_in.sign_in import SignIn
from server.integrations.tools.upstream import Upstream
from server.integrations.tools.watcher import WatchedView

MOST_OFFERED = 28  # of the 30 operations that an action takes; two poll approvals and jobs
CLAIM = "Its server says that it only reads. Deskhand asks all the same, until you mark it."


class TextView(BaseModel):
    """A tool as people and models see it."""

    title: str
    description: str
    parameters: dict[str, Any]
    annotations: Mapping[str, Any]


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
    changed: bool = Field(
        description="Whether it has changed since it was listed first, marked or trusted, and asks until it is accepted."
    )
    before: TextView | None = Field(description="It as the person knows it, if that has changed.")
    revision: str = Field(description="Another one after each change.")
    flags: list[str] = Field(description="What is suspicious about it.")
    offered: bool = Field(description="Whether it is offered to clients.")


class ServerSignIn(BaseModel):
    """The person's sign-in at a server."""

    needed: bool = Field(description="Whether the server refuses calls until the person signs in.")
    signed_in: bool
    url: str = Field(description="The page that waits for the person; empty if none does.")
    error: str = Field(description="Why the last sign-in failed.")


class UpstreamView(BaseModel):
    """A server."""

    id: str
    title: str
    transport: Transport
    target: str = Field(description="Its address or command.")
    enabled: bool
    confirmed: bool = Field(description="Whether the person has added it as it is; else it does not run.")
    trusted: bool
    caller_tokens: bool = Field(description="Whether callers may bring a token of their own.")
    token_variable: str = Field(description="The variable in which it expects that token, if it is started here.")
    sign_in: ServerSignIn | None = Field(description="The person's sign-in there; null if it takes none.")
    state: UpstreamState
    error: str
    latency: float | None = Field(description="Seconds of its last answer.")
    restarts: int
    info: ServerInfo
    notes: list[str] = Field(description="What is suspicious or was left out.")
    instructions: str = Field(description="What it says about the use of its tools, as models are told.")
    new_instructions: str | None = Field(
        description="What it says now, if that has changed; models are told when it is accepted."
    )
    warnings: list[str] = Field(description="What it could do to this computer.")
    can_trust: bool = Field(description="Whether it can be trusted as a whole.")
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


class LogView(BaseModel):
    """Lines of a server's log, oldest first."""

    lines: list[str]


def view_all(service: ToolsService) -> ToolsView:
    """View all servers."""
    servers = service.servers
    return ToolsView(
        servers=[
            view_upstream(service.offers, upstream, caller_tokens=servers.callers.is_enabled(server_id))
            for server_id, upstream in servers.upstreams.items()
        ],
        renamed=service.offers.list_renamed(),
        watched=service.watcher.view(),
    )


def view_upstream(offers: Offers, upstream: Upstream, *, caller_tokens: bool = False) -> UpstreamView:
    """View a server with its tools."""
    config, status, credentials = upstream.config, upstream.status, upstream.credentials
    return UpstreamView(
        **config.model_dump(
            include={"id", "title", "transport", "enabled", "folder", "environment", "headers", "token_variable"}
        ),
        variables=list(list_variables(config, credentials.secrets)),
        missing=list_missing(config, credentials.secrets),
        **status.model_dump(include={"state", "error", "latency", "restarts"}),
        target=upstream.target,
        confirmed=upstream.is_confirmed,
        trusted=credentials.trusted and upstream.risks.whole,
        instructions=upstream.instructions,
        new_instructions=upstream.new_instructions,
        warnings=list(upstream.risks.warnings),
        can_trust=upstream.risks.whole,
        revision=upstream.revision,
        resources=len(upstream.supervisor.catalog.resources) + len(upstream.supervisor.catalog.templates),
        prompts=len(upstream.supervisor.catalog.prompts),
        caller_tokens=caller_tokens,
        sign_in=view_sign_in(upstream.sign_in),
        info=status.info,
        notes=[*upstream.supervisor.catalog.notes, *warn_of_number(upstream)],
        tools=list_tools(offers, upstream),
    )


def view_sign_in(sign_in: SignIn | None) -> ServerSignIn | None:
    """View the sign-in at a server."""
    if sign_in is None:
        return None
    needed = sign_in.refusal is not None and not sign_in.problem
    return ServerSignIn(needed=needed, signed_in=sign_in.is_signed_in, url=sign_in.page, error=sign_in.error)


def warn_of_number(upstream: Upstream) -> list[str]:
    """Warn of more tools than fit into one action of a GPT."""
    number = sum(map(upstream.is_offered, upstream.list_tools()))
    if number <= MOST_OFFERED:
        return []
    return [f"It offers {number} tools. A GPT takes {MOST_OFFERED} of them: choose those that you need."]


def list_tools(offers: Offers, upstream: Upstream) -> list[ToolView]:
    """List the tools of a server, those that are offered as they are offered at this moment."""
    offered = {tool.key.tool: tool for tool in offers.tools if tool.key.server == upstream.config.id}
    return [
        view_tool(offers, upstream, offer.tool if offer else tool, offer)
        for tool in upstream.list_tools()
        for offer in [offered.get(tool.name)]
    ]


def view_tool(offers: Offers, upstream: Upstream, tool: Tool, offered: OfferedTool | None) -> ToolView:
    """View a tool."""
    known = upstream.record.find(upstream.config.id, tool)
    schema = offers.schema_of(offered) if offered else make_portable(tool.input_schema)
    claims = [CLAIM] if tool.annotations.get("readOnlyHint") and not upstream.is_read_only(tool) else []
    return ToolView(
        **tool.model_dump(include={"name", "title", "description", "annotations"}),
        public_name=offered.public.name if offered else "",
        operation=offered.identity if offered else "",
        parameters=schema.schema,
        read_only=upstream.is_read_only(tool),
        trusted=upstream.is_trusted(tool),
        offered=upstream.is_offered(tool),
        changed=upstream.has_changed(tool),
        before=TextView(**known.model_dump(exclude={"fingerprint"})) if known and not upstream.is_known(tool) else None,
        revision=upstream.fingerprint(tool),
        flags=[*tool.flags, *schema.notes, *claims],
    )
