"""Decisions of the person about tools: to trust a server, to mark a tool as reading, to accept what has changed."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.core.errors import Conflict
from server.core.text import shorten
from server.integrations.tools.models import Tool
from server.integrations.tools.risks import NOT_WHOLE
from server.integrations.tools.service import ToolsService
from server.integrations.tools.upstream import Upstream
from server.integrations.tools.views import ToolsView, view_all
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

LONGEST_INSTRUCTIONS = 20_000

reviews = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]
Name = Annotated[str, Field(max_length=256)]


class TrustOrder(BaseModel):
    """Trust in a server, or its end. `revisions`: all of its tools as they were shown, by name; others are refused."""

    trusted: bool
    revisions: dict[Name, str] = {}


class ReadOnlyOrder(BaseModel):
    """Mark of a tool as one that only reads, or its end. `revision`: of the tool as it was shown; another one is refused."""

    tool: Name
    read_only: bool
    revision: str = ""


class AcceptOrder(BaseModel):
    """Changes that are accepted. `revisions`: tools as they were shown, by name; one that has changed since is refused.

    `instructions`: what the server says now about the use of its tools, if that is accepted.
    """

    tools: list[Name] = Field(max_length=1_000)
    revisions: dict[Name, str] = {}
    instructions: str | None = Field(None, max_length=LONGEST_INSTRUCTIONS)


def require_seen(upstream: Upstream, tool: Tool, revision: str | None) -> None:
    """Raises Conflict if the person does not know a tool as it is now. `revision`: as it was shown, if that is known."""
    if not upstream.is_known(tool) if revision is None else revision != upstream.fingerprint(tool):
        raise Conflict(f"{shorten(tool.name)} has changed. Look at it again, and accept it.")


@reviews.put("/{server_id}/trust")
async def trust_server(tools: Tools, server_id: str, order: TrustOrder) -> ToolsView:
    """Trusts a server with its tools as they are now, or no longer. One that runs commands or reads files is refused."""
    upstream = tools.servers.find(server_id)
    if order.trusted and not upstream.risks.whole:
        raise Conflict(f"“{upstream.config.title}” {NOT_WHOLE}")
    listed = upstream.list_tools() if order.trusted else ()
    for tool in listed:
        require_seen(upstream, tool, order.revisions.get(tool.name, "") if order.revisions else None)
    accepted = {tool.name: upstream.fingerprint(tool) for tool in listed}
    await tools.servers.permit(server_id, listed, trusted=order.trusted, accepted=accepted)
    return view_all(tools)


@reviews.put("/{server_id}/read-only")
async def mark_tool_read_only(tools: Tools, server_id: str, order: ReadOnlyOrder) -> ToolsView:
    """Marks a tool, as it is now, as one that only reads, or as one that does not."""
    upstream, tool = tools.servers.find(server_id), tools.servers.find_listed(server_id, order.tool)
    marks = {name: mark for name, mark in upstream.credentials.read_only.items() if name != tool.name}
    if order.read_only:
        require_seen(upstream, tool, order.revision or None)
        marks[tool.name] = upstream.fingerprint(tool)
    await tools.servers.permit(server_id, [tool] if order.read_only else [], read_only=marks)
    return view_all(tools)


@reviews.put("/{server_id}/accept")
async def accept_tools(tools: Tools, server_id: str, order: AcceptOrder) -> ToolsView:
    """Accepts changed tools as they are now: what was permitted for them holds again."""
    upstream = tools.servers.find(server_id)
    listed = [tools.servers.find_listed(server_id, name) for name in order.tools]
    current = {tool.name: upstream.fingerprint(tool) for tool in listed}
    for name, revision in order.revisions.items():
        if current.get(name, revision) != revision:
            raise Conflict(f"{shorten(name)} has changed once more. Look at it again.")
    marks = upstream.credentials
    trusted = {**marks.accepted, **current} if marks.trusted else marks.accepted
    read_only = {name: current.get(name, mark) for name, mark in marks.read_only.items()}
    if order.instructions not in {None, upstream.new_instructions}:
        raise Conflict("The instructions have changed once more. Look at them again.")
    await tools.servers.permit(server_id, listed, instructions=order.instructions, accepted=trusted, read_only=read_only)
    return view_all(tools)
