"""Routes of the window and the command line: the servers and their tools."""

import asyncio
from typing import Annotated

from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.service import ToolsService
from server.integrations.tools.trial import TriedView, TryOrder
from server.integrations.tools.trial import try_tool as run_trial
from server.integrations.tools.views import (
    AddedView,
    AddOrder,
    LogView,
    ToolsView,
    view_all,
)
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]


@local.get("")
async def show_servers(tools: Tools) -> ToolsView:
    """Shows the MCP servers with their tools."""
    return view_all(tools)


@local.post("", status_code=201)
async def add_servers(tools: Tools, order: AddOrder) -> AddedView:
    """Adds the servers of a configuration, or replaces those of the same names."""
    imported = await asyncio.to_thread(parse_config, order.config, order.environment, order.inputs)
    added = await tools.servers.put(imported)
    missing = {name: list(variables) for name, variables in imported.missing.items()}
    return AddedView(
        added=added, notes=list(imported.notes), missing=missing, inputs=list(imported.inputs), tools=view_all(tools)
    )


@local.delete("/{server_id}")
async def remove_server(tools: Tools, server_id: str) -> ToolsView:
    """Removes a server with its secrets."""
    await tools.remove(server_id)
    return view_all(tools)


@local.post("/{server_id}/confirm")
async def confirm_server(tools: Tools, server_id: str, revision: str = "") -> ToolsView:
    """Lets a server run whose configuration came from elsewhere, such as a backup or the watched file."""
    await tools.confirm(server_id, revision)
    return view_all(tools)


@local.post("/{server_id}/restart")
async def restart_server(tools: Tools, server_id: str) -> ToolsView:
    """Starts a server again."""
    await tools.servers.restart(server_id)
    return view_all(tools)


@local.get("/{server_id}/log")
async def show_server_log(tools: Tools, server_id: str) -> LogView:
    """Shows what a server wrote to its log."""
    return LogView(lines=tools.servers.find(server_id).log.lines())


@local.post("/{server_id}/try")
async def try_tool(tools: Tools, server_id: str, order: TryOrder) -> TriedView:
    """Calls a tool for the person."""
    return await run_trial(tools, server_id, order)
