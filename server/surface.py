"""What both surfaces have in common: an application without pages of its own, whose every failure is a sentence."""

import importlib.metadata

from fastapi import FastAPI

from server import failures


def read_version() -> str:
    """Deskhand's version, as it was installed."""
    try:
        return importlib.metadata.version("deskhand")
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"


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
        telemetry={"tracing": False},
    )
    failures.install(app)
    return app
