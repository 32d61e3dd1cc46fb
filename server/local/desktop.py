"""Desktop settings: start at login, the check for updates, the folder of the logs."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.core.errors import Unavailable
from server.local.models import PathView
from server.runtime.state import State
from server.runtime.updates import Update


class DesktopView(BaseModel):
    """Desktop settings."""

    start_at_login: bool | None = Field(description="Whether it starts at login; null: it cannot do that here.")
    check_for_updates: bool | None = Field(
        description="Whether it looks once a day for a newer version; null: there is nowhere to look."
    )
    update: Update | None = Field(description="A newer version, where one was found.")
    logs: str = Field(description="The folder of the logs.")


class DesktopSettingsUpdate(BaseModel):
    """Change of the desktop settings; what is left out stays."""

    start_at_login: bool | None = Field(None, description="Whether to start at login.")
    check_for_updates: bool | None = Field(None, description="Whether to look once a day for a newer version.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()
    screen, logs = state.context.screen, state.home.folders.logs

    async def view() -> DesktopView:
        return DesktopView(
            start_at_login=None if state.context.demo else await asyncio.to_thread(screen.starts_at_login),
            check_for_updates=state.updates.wanted if state.updates.possible else None,
            update=state.updates.found,
            logs=str(logs),
        )

    @routes.get("/desktop")
    async def read_desktop() -> DesktopView:
        """Returns the desktop settings."""
        return await view()

    @routes.put("/desktop")
    async def set_desktop(update: DesktopSettingsUpdate) -> DesktopView:
        """Changes how Deskhand lives on this computer."""
        if update.start_at_login is not None:
            if state.context.demo:
                raise Unavailable("The demo can't start at login. Turn this on in Deskhand itself.")
            await asyncio.to_thread(screen.set_start_at_login, update.start_at_login)
        if update.check_for_updates is not None:
            await state.updates.want(check=update.check_for_updates)
        state.context.events.publish("desktop")
        return await view()

    @routes.post("/logs/open")
    async def open_logs() -> PathView:
        """Shows the folder of the logs."""
        await asyncio.to_thread(screen.open_folder, logs)
        return PathView(path=str(logs))

    return routes
