"""The public pages that need no key: what this is, is it well, its documents. None of them holds anybody's data."""

import asyncio
import json
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, JSONResponse

from server.access.activity.log import RETENTION, Retention
from server.core.errors import NotFound
from server.core.resources import shipped
from server.projections import help as help_page
from server.projections.documents import Documents
from server.projections.manifest import make_manifest
from server.runtime.state import State

Part = Annotated[str, Query(max_length=100, description="Only what is within this scope, such as read:apps.")]
Name = Annotated[str, InPath(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="The document's id, or the client's name.")]
OTHER_DOCUMENT = "This key has no document of that name. Deskhand shows each client's address under Connect."
PRIVACY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Privacy</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>Privacy</h1>
<p>This address belongs to a program that runs on one person's own computer. What is sent here goes to that computer and
stays there, unless that person's own clients ask for it. It keeps a record of the calls that clients make, for up to
{activity_days} days, and what they contained for up to {payload_days} days. It has no analytics and shares nothing with
the makers of the program.</p>
<p>To have something removed, ask the person who gave you this address.</p></main></body></html>"""


def create_pages(state: State, documents: Documents) -> APIRouter:
    """Make the routes of the public pages and documents."""
    pages = APIRouter(include_in_schema=False)
    pages.include_router(create_documents(state, documents))

    @pages.get("/privacy")
    async def show_privacy() -> HTMLResponse:
        return HTMLResponse(PRIVACY.format(**state.context.settings.read(RETENTION, Retention).model_dump()))

    @pages.get("/docs", dependencies=[Depends(state.runtime.wait)])
    async def show_help() -> HTMLResponse:
        return HTMLResponse(help_page.make_page(await asyncio.to_thread(documents.make)))

    @pages.get("/docs/style.css")
    async def show_style() -> Response:
        return Response(help_page.STYLE, media_type="text/css")

    @pages.get("/favicon.ico")
    async def show_icon() -> Response:
        return Response(shipped("assets/icon.svg").read_bytes(), media_type="image/svg+xml")

    return pages


def create_documents(state: State, documents: Documents) -> APIRouter:
    """Make the routes of the documents that ChatGPT imports."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(state.runtime.wait)])

    @routes.get("/openapi.json")
    async def show_document(scope: Part = "") -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(documents.make_part, scope))

    @routes.get("/openapi.yaml")
    async def show_document_yaml(scope: Part = "") -> Response:
        return await to_yaml(await asyncio.to_thread(documents.make_part, scope))

    @routes.get("/.well-known/ai-plugin.json")
    async def show_manifest() -> JSONResponse:
        return JSONResponse(make_manifest(state.address.public, await asyncio.to_thread(documents.make)))

    routes.include_router(create_client_documents(state, documents))
    return routes


def create_client_documents(state: State, documents: Documents) -> APIRouter:
    """Make the routes of each client's own document."""
    routes = APIRouter()

    @routes.get("/gpts/{client}/openapi.json")
    async def show_client_document(client: Name, request: Request, scope: Part = "") -> JSONResponse:
        return JSONResponse(await hand_out(client, request, scope))

    @routes.get("/gpts/{client}/openapi.yaml")
    async def show_client_document_yaml(client: Name, request: Request, scope: Part = "") -> Response:
        return await to_yaml(await hand_out(client, request, scope))

    async def hand_out(client: str, request: Request, scope: str) -> dict[str, Any]:
        """Document by its unguessable id; by a client's name with its key only, so that nobody learns which clients exist."""
        owner = await documents.find_client(client) or await state.guard.authenticate_request(request.headers)
        if client not in {owner.document_id, owner.name}:
            raise NotFound(OTHER_DOCUMENT)
        if state.usage.record_document(owner.name, request.headers.get("host", "")):
            state.context.events.publish("documents")
        return await asyncio.to_thread(documents.make_for, owner, scope)

    return routes


async def to_yaml(document: dict[str, Any]) -> Response:
    """Answer a document in YAML. Writing it takes long, and strangers may ask, so it is done once and in a thread."""
    text = await asyncio.to_thread(write_yaml_once, json.dumps(document))
    return Response(text, media_type="application/yaml")


@lru_cache(maxsize=64)
def write_yaml_once(document: str) -> str:
    """Write a document, given as JSON, in YAML; the last ones are kept."""
    return write_yaml(json.loads(document))


def write_yaml(document: dict[str, Any]) -> str:
    """Write a document in YAML, in the order it has."""
    import yaml

    plain = json.loads(json.dumps(document))  # YAML would make anchors of what two places share
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the one in C is many times as fast
    return str(yaml.dump(plain, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))
