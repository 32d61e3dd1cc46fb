"""The tunnel, as the window and the command line work it."""

from fastapi import APIRouter

from server.runtime.state import State
from server.tunnel.models import TunnelChange, TunnelView


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/tunnel")
    tunnel = state.tunnel

    @routes.get("")
    async def read_tunnel() -> TunnelView:
        """Shows the tunnel as it is now."""
        return await tunnel.describe()

    @routes.post("/open")
    async def open_tunnel() -> TunnelView:
        """Starts to open the tunnel; events report the progress."""
        await tunnel.open()
        return await tunnel.describe()

    @routes.post("/close")
    async def close_tunnel() -> TunnelView:
        """Closes the tunnel."""
        await tunnel.close()
        return await tunnel.describe()

    @routes.put("/settings")
    async def change_tunnel(order: TunnelChange) -> TunnelView:
        """Changes what is given. A tunnel that is on is opened anew where that is needed."""
        await tunnel.change(order)
        return await tunnel.describe()

    @routes.post("/agent")
    async def download_agent() -> TunnelView:
        """Downloads the tunnel's program with the person's consent; events report the progress."""
        tunnel.begin_download()
        return await tunnel.describe()

    @routes.delete("/agent")
    async def stop_download() -> TunnelView:
        """Stops the download; the next one resumes it."""
        await tunnel.download.end()
        return await tunnel.describe()

    return routes
