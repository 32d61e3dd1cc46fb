"""Showing the window, as a second start asks for, and ending the program from it."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from server.runtime.state import State


class Quit(BaseModel):
    """Deskhand is ending."""

    quitting: bool


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.post("/window", status_code=204)
    async def show_window() -> None:
        """Shows Deskhand's window, or brings it to the front."""
        await asyncio.to_thread(state.context.screen.show_window)

    @routes.post("/quit")
    async def quit_deskhand() -> Quit:
        """Ends Deskhand, its tray and its window."""
        state.quitting.set()
        return Quit(quitting=True)

    return routes
