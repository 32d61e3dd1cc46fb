"""The local routes of conversations over a service that is not running, without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from fastapi import APIRouter

from server.http.application import new_application
from server.http.deferred_routes import include
from server.integrations.conversations.service import ConversationsService
from tests.server.integrations.conversations.library_setup import Shelf, open_shelf


@asynccontextmanager
async def open_client(data: Path, *routers: APIRouter) -> AsyncIterator[tuple[httpx2.AsyncClient, Shelf]]:
    """Open both databases, and a client of these routes."""
    async with open_shelf(data) as shelf:
        app = new_application("Test", 1 << 20)
        app.state.services = {ConversationsService: ConversationsService(shelf.context)}
        app.router.routes.extend(include(*routers))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
            yield client, shelf
