"""The public application: operations, webhooks, OAuth, MCP and the pages that hold no personal data."""

from collections.abc import Sequence
from importlib import import_module

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from server.access.activity.deliveries import DeliveryLog
from server.access.oauth.metadata import OPEN_TO_PAGES
from server.access.origins import SECTION, OriginSettings
from server.core.errors import NotAuthenticated, NotFound, Unavailable
from server.http.application import new_application
from server.http.deferred_routes import DeferredRoutes, include
from server.http.error_format import ErrorFormatMiddleware
from server.http.middleware import HostOriginMiddleware, PathMiddleware, SecurityHeadersMiddleware, TrailingSlashMiddleware
from server.http.path_alias import PathAlias
from server.projections.documents import Documents
from server.projections.mcp.endpoint import PATH, Endpoint
from server.public.webhook_depth import WebhookDepthMiddleware
from server.runtime.catalogue import LoadedIntegration
from server.runtime.state import State
from server.sdk.assets import DOWNLOAD, Assets

PAGES = ("/docs", "/privacy", "/favicon.ico", "/openapi.json", "/openapi.yaml", "/gpts", "/.well-known/ai-plugin.json")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_public(state: State) -> ASGIApp:
    """Make the public application: the operations, and pages without personal data."""
    app = new_application("Deskhand")
    app.state.guard = state.guard
    app.state.delivery_log = DeliveryLog(state.context.database, state.context.events, state.context.clock)
    app.state.services = state.runtime.services
    deferred = DeferredRoutes(app, state.runtime.wait_for)
    loaded = [Depends(state.runtime.wait)]  # the scopes of the authorization server are the integrations'
    deferred.add(
        ("/chatgpt/oauth", "/.well-known"),
        lambda: include(import_module("server.access.oauth.routes").create_routes(state.oauth), dependencies=loaded),
    )
    deferred.add(("/approvals", "/jobs"), lambda: [route for router in state.runtime.core for route in router.routes])
    state.runtime.attach(deferred, make_routes)
    app.router.routes.append(state.runtime.dynamic)
    documents = Documents(state)
    app.router.routes += [*create_status_pages(state, documents), create_asset_route(state.assets)]
    deferred.add(PAGES, lambda: include(import_module("server.public.pages").create_pages(state, documents)))
    app.state.inside = state.inside
    state.inside.app, state.inside.prepare = app, deferred.prepare
    headers = {"Content-Security-Policy": POLICY} | ({"X-Deskhand-Demo": "1"} if state.context.demo else {})
    paths = WebhookDepthMiddleware(PathMiddleware(app, {PATH: Endpoint(state, documents)}))
    hosts, origins = state.address.public_hosts, lambda: state.context.settings.read(SECTION, OriginSettings).allowed
    checked = HostOriginMiddleware(
        TrailingSlashMiddleware(paths), hosts, origins, lambda: (*OPEN_TO_PAGES, *state.runtime.open_paths)
    )
    return ErrorFormatMiddleware(SecurityHeadersMiddleware(checked, headers), state.runtime.find_error_format)


def create_status_pages(state: State, documents: Documents) -> list[BaseRoute]:
    """Make the routes that answer first, without FastAPI, which takes a while for its first route."""
    about = {"status": "online", "service": "Deskhand", "version": documents.version, "documentation": "/docs"}

    async def show_service(_: Request) -> JSONResponse:
        return JSONResponse(about)

    async def show_health(request: Request) -> JSONResponse:
        """Show a client which tools it has; a caller without a valid key learns nothing of them."""
        try:
            client = await state.guard.authenticate_request(request.headers)
        except NotAuthenticated:
            return JSONResponse({"status": "healthy"})
        await state.guard.count(client)
        await state.runtime.wait()
        return JSONResponse({"status": "healthy", "available_tools": documents.list_names(client)})

    return [Route("/", show_service), Route("/health", show_health)]


def create_asset_route(assets: Assets) -> BaseRoute:
    """Make the route of the files of answers. They need no key, as ChatGPT fetches them; their ids cannot be guessed."""

    async def show_asset(request: Request) -> Response:
        asset = assets.find(request.path_params["asset_id"])
        if asset is None:
            raise NotFound("There is no such file, or its time is over.")
        headers = {"Cache-Control": "private, max-age=600"}
        headers |= {"Content-Disposition": "attachment"} if asset.media_type == DOWNLOAD else {}
        return Response(asset.data, headers=headers, media_type=asset.media_type)

    return Route("/assets/{asset_id}", show_asset)


def make_routes(member: LoadedIntegration) -> Sequence[BaseRoute]:
    """Make the public routes of an integration. (Including its routers would have FastAPI make every route once more.)"""
    if member.parts is None:
        return explain_broken(member)
    aliases = [PathAlias(prefix, target) for prefix, target in member.integration.aliases.items()]
    return [*aliases, *(route for router in (*member.parts.deliveries, *member.parts.public) for route in router.routes)]


def explain_broken(member: LoadedIntegration) -> list[BaseRoute]:
    """Respond 503 with the reason under the prefixes of a broken integration."""

    async def explain(_: Request) -> Response:
        raise Unavailable(member.problem or "")

    async def explain_to_socket(_: WebSocket) -> None:
        raise Unavailable(member.problem or "")

    paths = [path for prefix in member.integration.prefixes for path in (prefix, prefix + "/{rest:path}")]
    return [
        *(Route(path, explain, methods=METHODS) for path in paths),
        *(WebSocketRoute(path, explain_to_socket) for path in paths),
    ]
