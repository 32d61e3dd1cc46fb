"""Route by which the person chooses the configuration file that is watched."""

from typing import Annotated

from pydantic import BaseModel, Field

from server.integrations.tools.service import ToolsService
from server.integrations.tools.views import ToolsView, view_all
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

watching = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]


class WatchOrder(BaseModel):
    """The file to watch."""

    path: str = Field(max_length=4_096, description="Its whole path. Empty: no file is watched; its servers stay.")
    inputs: dict[str, str] = Field({}, repr=False, description="Values of the inputs that it asks for.")


@watching.put("/watched")
async def watch_file(tools: Tools, order: WatchOrder) -> ToolsView:
    """Adds the servers of a configuration file, and follows its changes; what would run or reach something else waits."""
    await tools.watcher.watch(order.path, order.inputs)
    return view_all(tools)
