"""Theme of the window. Stored here, since the window's origin changes at every start, so a browser cannot remember it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.runtime.state import State

SECTION = "look"


class Look(BaseModel):
    """The window's look."""

    theme: Literal["system", "light", "dark"] = Field("system", description="Light, dark, or as the system is.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/look")

    @routes.get("")
    async def read_look() -> Look:
        """Returns the theme."""
        return state.context.settings.read(SECTION, Look)

    @routes.put("")
    async def set_look(wanted: Look) -> Look:
        """Changes the theme."""
        await state.context.settings.write(SECTION, wanted)
        state.context.events.publish("look")
        return wanted

    return routes
