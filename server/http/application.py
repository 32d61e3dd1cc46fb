"""The common part of both surfaces: an application without pages of its own, whose every failure is a sentence."""

from fastapi import FastAPI

from server.core.version import read_version
from server.http import exception_handlers


def new_application(title: str, largest_body: int | None = None) -> FastAPI:
    """Make an application. It serves no document and no page unless it is given one; operations limit their bodies themselves."""
    app = FastAPI(
        title=title,
        version=read_version(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=largest_body,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    exception_handlers.install(app)
    return app
