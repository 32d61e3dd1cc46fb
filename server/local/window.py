"""Showing the window: a second start asks the first one for it."""

import asyncio

from fastapi import APIRouter

from server.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.post("/window", status_code=204)
    async def show_window() -> None:
        """Shows Deskhand's window, or brings it to the front."""
        await asyncio.to_thread(state.context.screen.show_window)

    return routes
