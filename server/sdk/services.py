"""Dependency injection: the running service of an integration as a parameter of its routes."""

import logging
from typing import Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection

from server.core.errors import DeskhandError, Unavailable

log = logging.getLogger(__name__)
Service = TypeVar("Service")


def provided(kind: type[Service]) -> Any:
    """Create the dependency on the running service of this type, to be declared with `Annotated`."""

    async def find(connection: HTTPConnection) -> Service:  # FastAPI would call a plain function in a thread
        return find_service(connection, kind)

    return Depends(find)


def find_service(connection: HTTPConnection, kind: type[Service]) -> Service:
    """Find the running service of this type. Raises Unavailable, or why it does not run."""
    service = connection.app.state.services.get(kind)
    if service is None:
        log.error("No running integration provides a %s: its start yields another type, or it was not started.", kind.__name__)
        raise Unavailable
    if isinstance(service, DeskhandError):
        raise service
    return service  # type: ignore[no-any-return]  # the runtime keeps each service under its own type
