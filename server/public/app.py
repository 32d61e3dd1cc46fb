"""The public application: operations, webhooks, OAuth, MCP and the pages that hold no personal data."""

from fastapi import APIRouter
from starlette.routing import Route
from starlette.types import ASGIApp

from server.access.oauth.metadata import OPEN_TO_PAGES
from server.access.oauth.routes import create_routes as create_oauth
from server.access.origins import SECTION, OriginSettings
from server.core.errors import Unavailable
from server.http.application import new_application
from server.http.middleware import Door, Headers, Slashes
from server.projections.documents import Documents
from server.projections.mcp.endpoint import PATH, Endpoint
from server.public.pages import create_pages
from server.runtime.integrations import LoadedIntegration
from server.runtime.state import State

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_public(state: State) -> ASGIApp:
    """Make what the tunnel reaches: the operations, and pages that hold nobody's data."""
    app = new_application("Deskhand")
    app.state.guard = state.guard
    app.state.services = state.runtime.services
    app.include_router(create_oauth(state.oauth))
    for member in state.runtime.members:
        if member.parts:
            for router in (*member.parts.deliveries, *member.parts.public):
                app.include_router(router)
        else:
            app.include_router(explain_broken(member))
    for router in state.runtime.core:
        app.include_router(router)
    documents = Documents(state)
    app.include_router(create_pages(state, documents))
    app.router.routes.append(Route(PATH, Endpoint(state, documents)))
    state.inside.app = app

    def origins() -> list[str]:
        return state.context.settings.read(SECTION, OriginSettings).allowed

    headers = {"Content-Security-Policy": POLICY} | ({"X-Deskhand-Demo": "1"} if state.context.demo else {})
    return Headers(Door(Slashes(app), state.address.public_hosts, origins, OPEN_TO_PAGES), headers)


def explain_broken(member: LoadedIntegration) -> APIRouter:
    """Answer 503, with the reason, wherever a broken integration would answer."""
    router = APIRouter()

    async def explain() -> None:
        raise Unavailable(member.problem or "")

    for prefix in member.integration.prefixes:
        for path in (prefix, prefix + "/{rest:path}"):
            router.add_api_route(path, explain, methods=METHODS, include_in_schema=False)
    return router
