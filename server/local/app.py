"""Puts the local surface together: the window's pages, and what only the person at this computer may do."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from server.core.errors import NotFound
from server.core.resources import shipped
from server.http.application import new_application
from server.http.middleware import HostOriginMiddleware, SecurityHeadersMiddleware, TrailingSlashMiddleware
from server.local import (
    activity,
    allowances,
    approvals,
    clients,
    desktop,
    lost_addresses,
    oauth_settings,
    onboarding,
    operations,
    origins,
    overview,
    settings,
    status,
    theme,
    tunnel,
    window,
)
from server.local.models import EntryKey
from server.local.window_auth import Entries, name_cookie
from server.runtime.state import State
from server.sdk.operation import LARGEST_BODY

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html"
)

PARTS = (
    overview,
    lost_addresses,
    status,
    onboarding,
    approvals,
    activity,
    clients,
    allowances,
    oauth_settings,
    operations,
    origins,
    settings,
    theme,
    tunnel,
    desktop,
    window,
)


def create_local(state: State) -> ASGIApp:
    """Make the local application for a server, or for the command line while none runs."""
    app = create_local_application(state)
    door = HostOriginMiddleware(TrailingSlashMiddleware(app), state.address.local_hosts, state.address.local_origins)
    return SecurityHeadersMiddleware(EnterByFile(door), {"Content-Security-Policy": POLICY})


def create_local_application(state: State) -> FastAPI:
    """Make the application itself; its document is what the window's types are made from."""
    app = new_application("Deskhand, local surface", LARGEST_BODY)
    app.state.services = state.runtime.services
    entries = Entries(state.key, state.context.clock, name_cookie(state.home.folders.data))
    locked = [Depends(entries.check)]
    # One by one: the routes of a router in a router FastAPI makes once more, which takes as long as all of this.
    for routes in (*(part.create_routes(state) for part in PARTS), create_feed(state, entries)):
        app.include_router(routes, prefix="/api", dependencies=locked)
    for member in state.runtime.members:
        for router in member.parts.local if member.parts else ():
            app.include_router(router, dependencies=locked)
        for router in member.parts.callbacks if member.parts else ():
            app.include_router(router, include_in_schema=False)
    app.include_router(create_entry(entries))
    add_pages(app)
    return app


def create_feed(state: State, entries: Entries) -> APIRouter:
    """News as server-sent events, and keys for pages."""
    routes = APIRouter()

    @routes.get("/events", response_class=EventSourceResponse)
    async def follow_events() -> AsyncIterator[ServerSentEvent]:
        """Tells what changes, as it changes; the event's name says what to look at again."""
        with state.context.events.subscribed() as news:
            yield ServerSentEvent(event="hello", data={})
            async for event in news:
                yield ServerSentEvent(event=event.topic, data=event.data or {})

    @routes.post("/entries")
    async def make_entry() -> EntryKey:
        """Make a key with which one page may enter, within half a minute."""
        return EntryKey(key=entries.make_key(), address=f"{state.address.local}/enter")

    return routes


def create_entry(entries: Entries) -> APIRouter:
    """The way in for a page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/enter")
    async def enter(key: Annotated[str, Query()], page: Annotated[str, Query()] = "") -> RedirectResponse:
        """For the window, which is handed its address directly."""
        return entries.enter(key, page)

    @routes.post("/enter")
    async def enter_by_form(request: Request) -> RedirectResponse:
        """For a browser: the key comes from a file of the person's own, so that it stands on no command line."""
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        return entries.enter(form.get("key", [""])[0], form.get("page", [""])[0])

    return routes


def add_pages(app: FastAPI) -> None:
    """Serve the window's pages, as they were built."""
    pages = shipped("ui/dist")

    @app.get("/", include_in_schema=False)
    async def show_window() -> Response:
        index = pages / "index.html"
        if not index.is_file():
            raise NotFound("The window's pages are not here. Install Deskhand again.")
        return FileResponse(index, headers={"Cache-Control": "no-store"})

    if (pages / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=pages / "assets"))


class EnterByFile:
    """Lets a page from a file on this computer, whose origin is "null", post its one-time key to /enter, and nothing else."""

    def __init__(self, door: ASGIApp) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/enter" and scope["method"] == "POST":
            kept = [(name, value) for name, value in scope["headers"] if (name, value) != (b"origin", b"null")]
            scope = {**scope, "headers": kept}
        await self._door(scope, receive, send)
