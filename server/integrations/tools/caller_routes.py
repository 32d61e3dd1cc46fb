"""Route by which the person lets callers bring a token of their own for a server."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.integrations.tools.service import ToolsService
from server.integrations.tools.views import ToolsView, view_all
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

caller_tokens = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]


class CallerTokensOrder(BaseModel):
    """Whether callers may bring a token of their own."""

    enabled: bool
    variable: str = Field(
        "", max_length=128, description="The variable in which a server that is started here expects it. Empty: the one before."
    )


@caller_tokens.put("/{server_id}/caller-tokens")
async def change_caller_tokens(tools: Tools, server_id: str, order: CallerTokensOrder) -> ToolsView:
    """Lets callers use a server with a token of their own instead of a key of Deskhand's, or no more."""
    await tools.servers.change_callers(server_id, enabled=order.enabled, variable=order.variable)
    return view_all(tools)
