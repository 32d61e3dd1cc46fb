"""Routes that come and go: FastAPI offers no way to take an included router out again."""

from collections.abc import Mapping, Sequence

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

MATCHED = "deskhand.dynamic_route"


class DynamicRoutes(BaseRoute):
    """One route for all dynamic ones. Their paths have no parameters, so each is found by its path at once."""

    def __init__(self) -> None:
        self._by_path: Mapping[str, Sequence[APIRoute]] = {}
        self._by_name: Mapping[str, APIRoute] = {}

    def replace(self, routes: Mapping[str, APIRoute]) -> None:
        """Replace all routes, by the names of their operations."""
        by_path: dict[str, list[APIRoute]] = {}
        for route in routes.values():
            by_path.setdefault(route.path, []).append(route)
        self._by_path, self._by_name = by_path, dict(routes)

    def find(self, operation: str) -> APIRoute | None:
        """Find the route of an operation by its name."""
        return self._by_name.get(operation)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a request; one of another method partially, as Starlette's routes do."""
        partial: tuple[Match, Scope] = Match.NONE, {}
        for route in self._by_path.get(scope.get("path", ""), ()):
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return match, {**child_scope, MATCHED: route}
            if match is Match.PARTIAL:
                partial = match, {**child_scope, MATCHED: route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the route that matched."""
        await scope[MATCHED].handle(scope, receive, send)
