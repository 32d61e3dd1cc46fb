"""Assembles the local API: the window's pages, and operations for the person at this computer only."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from importlib import import_module
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.core.errors import NotFound
from server.core.resources import shipped
from server.http.application import new_application
from server.http.deferred_routes import DeferredRoutes, include
from server.http.middleware import HostOriginMiddleware, SecurityHeadersMiddleware, TrailingSlashMiddleware
from server.local.window_auth import Entries, name_cookie
from server.runtime.catalogue import LoadedIntegration
from server.runtime.state import State
from server.sdk.operation import LARGEST_BODY

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' blob:; media-src blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html rendered-html"
)

PARTS = {  # the modules with the routes below each path; the last has all others
    "/api/approvals": ("approvals",),
    "/api/activity": ("activity", "undo"),
    "/api/clients": ("clients", "allowances"),
    "/api/tunnel": ("tunnel",),
    "/api/webhooks": ("webhooks",),
    "/api": (
        *("checks", "overview", "lost_addresses", "onboarding", "oauth_settings", "operations", "origins", "restore"),
        *("settings", "theme"),
        *("desktop", "window"),
    ),
}


def create_local(state: State) -> ASGIApp:
    """Make the local application for a server, or for the command line while none runs."""
    app = TrailingSlashMiddleware(create_local_application(state))
    checked = HostOriginMiddleware(app, state.address.local_hosts, state.address.local_origins)
    return SecurityHeadersMiddleware(EnterByFile(checked), {"Content-Security-Policy": POLICY})


def create_local_application(state: State, *, complete: bool = False) -> FastAPI:
    """Make the application. `complete`: with all routes, for the OpenAPI document from which the window's types are generated.

    Otherwise the routes that the tray does not use are made at their first request.
    """
    app = new_application("Deskhand, local surface", LARGEST_BODY)
    app.state.services = state.runtime.services
    entries = Entries(state.key, state.context.clock, name_cookie(state.home.folders.data))
    locked = [Depends(entries.check)]
    deferred = DeferredRoutes(app, state.runtime.wait_for)
    deferred.add(("/", "/assets", "/enter"), lambda: [*create_entry(entries).routes, *create_pages()])
    deferred.add(("/api/status", "/api/events"), lambda: [*make_part(("status",), state, locked), *create_feed(state, locked)])
    deferred.add(("/api/entries",), lambda: include(create_keys(state, entries), prefix="/api", dependencies=locked))
    for path, names in PARTS.items():
        deferred.add((path,), partial(make_part, names, state, locked))

    def make_routes(member: LoadedIntegration) -> Sequence[BaseRoute]:
        parts = member.parts
        if parts is None:
            return []
        return [*include(*parts.local, dependencies=locked), *include(*parts.callbacks, include_in_schema=False)]

    state.runtime.attach(deferred, make_routes)
    if complete:
        deferred.make_all()
    return app


def make_part(names: Sequence[str], state: State, locked: Sequence[Any]) -> list[BaseRoute]:
    """Make the routes of some modules."""
    modules = [import_module(f"{__package__}.{name}") for name in names]
    return include(*(module.create_routes(state) for module in modules), prefix="/api", dependencies=locked)


def create_feed(state: State, locked: Sequence[Any]) -> list[BaseRoute]:
    """Make the route of server-sent events."""
    routes = APIRouter()

    @routes.get("/events", response_class=EventSourceResponse)
    async def follow_events() -> AsyncIterator[ServerSentEvent]:
        """Streams changes as server-sent events; the event's name is the topic to fetch again."""
        with state.context.events.subscribed() as news:
            yield ServerSentEvent(event="hello", data={})
            async for event in news:
                yield ServerSentEvent(event=event.topic, data=event.data or {})

    return include(routes, prefix="/api", dependencies=locked)


def create_keys(state: State, entries: Entries) -> APIRouter:
    """Make the route of keys for pages."""
    from server.local.models import EntryKey

    routes = APIRouter()

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
        """For a browser: the key comes from a private file, so that it is on no command line."""
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        return entries.enter(form.get("key", [""])[0], form.get("page", [""])[0])

    return routes


def create_pages() -> list[BaseRoute]:
    """Serve the window's pages, as they were built."""
    pages = shipped("ui/dist")

    async def show_window(_: Request) -> Response:
        index = pages / "index.html"
        if not index.is_file():
            raise NotFound("The window's pages are not here. Install Deskhand again.")
        return FileResponse(index, headers={"Cache-Control": "no-store"})

    assets = [Mount("/assets", StaticFiles(directory=pages / "assets"))] if (pages / "assets").is_dir() else []
    return [Route("/", show_window), *assets]


class EnterByFile:
    """Lets a page from a file on this computer, whose origin is "null", post its one-time key to /enter, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/enter" and scope["method"] == "POST":
            headers = [(name, value) for name, value in scope["headers"] if (name, value) != (b"origin", b"null")]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)
