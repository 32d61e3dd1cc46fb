"""Dependency injection: the running service of an integration as a parameter of its routes."""

from typing import Any, TypeVar

from fastapi import Depends, Request

from server.core.errors import DeskhandError, Unavailable

Service = TypeVar("Service")


def provided(kind: type[Service]) -> Any:
    """Create the dependency on the running service of this type, to be declared with `Annotated`."""

    def find(request: Request) -> Service:
        service = request.app.state.services.get(kind)
        if service is None:
            raise Unavailable
        if isinstance(service, DeskhandError):
            raise service
        return service  # type: ignore[no-any-return]  # the runtime keeps each service under its own type

    return Depends(find)
