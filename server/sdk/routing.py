"""A router whose routes are made when they are first needed: FastAPI takes about a millisecond for each."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute

from server.http.deferred_routes import building


class DeferredRouter(APIRouter):
    """A router whose routes are declared at import and made when `routes` is first read."""

    def __init__(self, **options: Any) -> None:
        self._declared: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []
        self._routes: list[BaseRoute] = []
        super().__init__(**options)

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order of their declaration."""
        with building():
            declared, self._declared = self._declared, []
            for path, endpoint, options in declared:
                super().add_api_route(path, endpoint, **options)
        return self._routes

    @routes.setter
    def routes(self, routes: list[BaseRoute]) -> None:
        self._routes = routes

    @property
    def endpoints(self) -> list[Callable[..., Any]]:
        """The declared functions, without making their routes."""
        made = [route.endpoint for route in self._routes if hasattr(route, "endpoint")]
        return [*made, *(endpoint for _, endpoint, _ in self._declared)]

    @property
    def paths(self) -> list[str]:
        """The declared paths, without making their routes."""
        made = [route.path for route in self._routes if hasattr(route, "path")]
        return [*made, *(self.prefix + path for path, _, _ in self._declared)]

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Declare a route."""
        self._declared.append((path, endpoint, options))
