"""Routes of the authorization server on the public surface."""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from server.access.oauth import metadata, pages
from server.access.oauth.pending_authorization import Decision
from server.access.oauth.pending_authorizations import Visitor
from server.access.oauth.request_context import TOOLS, FormParams, OAuthResponse
from server.access.oauth.service import CONSENT, OAuth
from server.core.errors import TooLarge
from server.http.addresses import spell_hosts

LARGEST_BODY = 16_384  # bytes
MOST_FIELDS = 40
COOKIE = "deskhand_sign_in"
BROWSER_COOKIE = "deskhand_browser"
LONGEST_COOKIE = 100
FORM = "application/x-www-form-urlencoded"
NO_FORM = OAuthResponse.failed("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
OVER = "This sign-in is over, was restarted, or belongs to another browser. Go back to the app and start again."
# Without COOP the opener can see that the sign-in window closes; it can read nothing here.
PAGE_HEADERS = {"Cross-Origin-Opener-Policy": "unsafe-none", "Pragma": "no-cache"}


class Unreadable(Exception):
    """A request whose parameters cannot be read."""


def create_routes(oauth: OAuth) -> APIRouter:
    """Create the routes."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(create_well_known(oauth))
    routes.include_router(create_consent(oauth))

    @routes.api_route(metadata.AUTHORIZE, methods=["GET", "POST"])
    async def authorize(request: Request) -> Response:
        """Authorization endpoint."""
        try:
            params = parse(request.scope["query_string"]) if request.method == "GET" else await read_form(request)
        except Unreadable:
            return show(request, NO_FORM)
        known = request.cookies.get(BROWSER_COOKIE, "")[:LONGEST_COOKIE]
        visitor = Visitor(known or secrets.token_urlsafe(32), find_source(request))
        answer, cookie = await oauth.authorize(request.method, params, visitor)
        response = show(request, answer)
        if cookie:
            set_cookie = partial(response.set_cookie, httponly=True, samesite="lax", secure=is_https(oauth, request))
            set_cookie(COOKIE, cookie, path=answer.headers["Location"])
            set_cookie(BROWSER_COOKIE, visitor.cookie, path=metadata.AUTHORIZE)
        return response

    @routes.post(metadata.TOKEN)
    async def exchange(request: Request) -> Response:
        return await answer_form(request, oauth.exchange)

    @routes.post(metadata.REVOKE)
    async def revoke(request: Request) -> Response:
        return await answer_form(request, oauth.revoke)

    @routes.post(metadata.REGISTER)
    async def register(request: Request) -> Response:
        return to_json_response(await oauth.register(partial(read_body, request)))

    return routes


def create_well_known(oauth: OAuth) -> APIRouter:
    """Create the metadata routes, with and without the resource's path."""
    routes = APIRouter()

    @routes.get(metadata.SERVER)
    @routes.get(metadata.SERVER + TOOLS)
    async def describe_server() -> JSONResponse:
        return JSONResponse(metadata.describe_server(oauth.address.public, oauth.scopes(), oauth.settings))

    @routes.get(metadata.RESOURCE)
    @routes.get(metadata.RESOURCE + TOOLS)
    async def describe_resource(request: Request) -> JSONResponse:
        path = TOOLS if request.url.path.endswith(TOOLS) else ""
        return JSONResponse(metadata.describe_resource(oauth.address.public, path, oauth.scopes()))

    return routes


def create_consent(oauth: OAuth) -> APIRouter:
    """Create the routes of the page that waits for the person."""
    routes = APIRouter()

    @routes.get(pages.STYLE_PATH)
    async def show_style() -> Response:
        return Response(pages.STYLE, media_type="text/css")

    @routes.get(CONSENT)
    async def explain() -> HTMLResponse:
        return HTMLResponse(
            pages.make_message_page("Sign in", "Start the sign-in in ChatGPT or in the app that wants to connect."), 400
        )

    @routes.get(CONSENT + "/{sign_in_id}")
    async def wait(sign_in_id: str, request: Request) -> Response:
        """Page that reloads until the person has decided."""
        pending = oauth.pending.find(sign_in_id, request.cookies.get(COOKIE, ""))
        if pending and pending.decision is Decision.waiting:
            return HTMLResponse(pages.make_waiting_page(pending), headers=PAGE_HEADERS)
        answer = await oauth.finish(pending) if pending else None
        if answer is None:
            return HTMLResponse(pages.make_message_page("This sign-in is over", OVER), 403, PAGE_HEADERS)
        response = show(request, answer)
        response.delete_cookie(COOKIE, path=f"{CONSENT}/{sign_in_id}", httponly=True, samesite="lax")
        return response

    return routes


async def answer_form(request: Request, work: Callable[[FormParams, dict[str, str]], Awaitable[OAuthResponse]]) -> Response:
    """Handle a form and answer in JSON."""
    try:
        params = await read_form(request)
    except Unreadable:
        return to_json_response(NO_FORM)
    sent = request.headers.get("authorization")
    return to_json_response(await work(params, {"Authorization": sent} if sent else {}))


async def read_form(request: Request) -> FormParams:
    """Read a form. Raises Unreadable or TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request)
    if kind != FORM:
        raise Unreadable
    return parse(body)


def parse(text: bytes) -> FormParams:
    """Parse parameters. Raises Unreadable."""
    try:
        return tuple(parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise Unreadable from None


async def read_body(request: Request) -> bytes:
    """Read a body. Raises TooLarge as soon as it exceeds the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge
    return bytes(body)


def to_json_response(answer: OAuthResponse) -> Response:
    """Response for an OAuth client."""
    status, headers = answer.status, dict(answer.headers)
    if isinstance(answer.body, dict) and answer.body.get("error") == "invalid_client":
        status = 401 if status == 400 else status
        headers.setdefault("WWW-Authenticate", 'Basic realm="Deskhand"')
    headers.pop("Content-Type", None)
    return JSONResponse(answer.body, status, headers | {"Cache-Control": "no-store", "Pragma": "no-cache"})


def show(request: Request, answer: OAuthResponse) -> Response:
    """Response for a browser: a redirect, or the error, as a page if it accepts HTML."""
    if "Location" in answer.headers:
        return Response(None, answer.status, {"Location": answer.headers["Location"]} | PAGE_HEADERS)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(answer.body, answer.status, PAGE_HEADERS)
    sentence = str(answer.body.get("error_description") or answer.body["error"])
    mistake = "" if answer.status == 403 else " (This is a problem of the app that started the sign-in, not yours.)"
    page = pages.make_message_page("This sign-in failed", f"{sentence}{mistake}")
    return HTMLResponse(page, answer.status, PAGE_HEADERS)


def find_source(request: Request) -> str:
    """Network address of a browser: the last one that a proxy added, as earlier ones can be made up. Used for fairness only."""
    added = request.headers.getlist("x-forwarded-for")
    last = added[-1].rpartition(",")[2].strip()[:100] if added else ""
    return last or (request.client.host if request.client else "")


def is_https(oauth: OAuth, request: Request) -> bool:
    """Return whether a browser uses the public https address, according to its Host header."""
    public = oauth.address.public_url or ""
    return public.startswith("https://") and request.headers.get("host", "").lower() in spell_hosts(public)
