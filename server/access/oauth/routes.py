"""The addresses of the authorization server on the public surface."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from server.access.oauth import metadata, pages
from server.access.oauth.pending_authorizations import Verdict
from server.access.oauth.request_context import TOOLS, Answer, Pairs
from server.access.oauth.service import CONSENT, OAuth
from server.core.errors import TooLarge
from server.http.addresses import spell_hosts

LARGEST_BODY = 16_384  # bytes
MOST_FIELDS = 40
COOKIE = "deskhand_sign_in"
FORM = "application/x-www-form-urlencoded"
NO_FORM = Answer.failed("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
OVER = "This sign-in is over, was begun anew, or belongs to another browser. Go back to where it began, and begin again."
# The window that opened this one may be told that it is done; it can read nothing here.
STEPPING = {"Cross-Origin-Opener-Policy": "unsafe-none", "Pragma": "no-cache"}


class Unreadable(Exception):
    """A request that is no form. Carries its answer."""


def create_routes(oauth: OAuth) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(create_well_known(oauth))
    routes.include_router(create_consent(oauth))

    @routes.api_route(metadata.AUTHORIZE, methods=["GET", "POST"])
    async def authorize(request: Request) -> Response:
        """Where a browser is sent to. Asking twice, or looking before, does no harm."""
        try:
            pairs = read_query(request) if request.method == "GET" else await read_form(request)
        except Unreadable:
            return show(request, NO_FORM)
        answer, cookie = await oauth.ask(request.method, pairs)
        response = show(request, answer)
        if cookie:
            path, safe = answer.headers["Location"], is_https(oauth, request)
            response.set_cookie(COOKIE, cookie, path=path, httponly=True, samesite="lax", secure=safe)
        return response

    @routes.post(metadata.TOKEN)
    async def exchange(request: Request) -> Response:
        return await answer_form(request, oauth.exchange)

    @routes.post(metadata.REVOKE)
    async def revoke(request: Request) -> Response:
        return await answer_form(request, oauth.revoke)

    @routes.post(metadata.REGISTER)
    async def register(request: Request) -> Response:
        return tell(await oauth.register(partial(read_body, request)))

    return routes


def create_well_known(oauth: OAuth) -> APIRouter:
    """Make the routes at which programs learn where to go, bare and with the path of what they want."""
    routes = APIRouter()

    @routes.get(metadata.SERVER)
    @routes.get(metadata.SERVER + TOOLS)
    async def describe_server() -> JSONResponse:
        return JSONResponse(metadata.describe_server(oauth.address.public, oauth.scopes(), oauth.settings))

    @routes.get(metadata.RESOURCE)
    async def describe_all() -> JSONResponse:
        return JSONResponse(metadata.describe_resource(oauth.address.public, "", oauth.scopes()))

    @routes.get(metadata.RESOURCE + TOOLS)
    async def describe_tools() -> JSONResponse:
        return JSONResponse(metadata.describe_resource(oauth.address.public, TOOLS, oauth.scopes()))

    return routes


def create_consent(oauth: OAuth) -> APIRouter:
    """Make the routes of the page that waits for the person."""
    routes = APIRouter()

    @routes.get(pages.STYLE_PATH)
    async def show_style() -> Response:
        return Response(pages.STYLE, media_type="text/css")

    @routes.get(CONSENT)
    async def explain() -> HTMLResponse:
        return HTMLResponse(pages.make_sentence("Sign in", "A sign-in begins in ChatGPT, or in whatever wants to use this."), 400)

    @routes.get(CONSENT + "/{sign_in_id}")
    async def wait(sign_in_id: str, request: Request) -> Response:
        """The browser comes again and again, until the person has decided."""
        one = oauth.sign_ins.look(sign_in_id, request.cookies.get(COOKIE, ""))
        if one and one.verdict is Verdict.waiting:
            return HTMLResponse(pages.make_waiting(one), headers=STEPPING)
        answer = await oauth.finish(one) if one else None
        if answer is None:
            return HTMLResponse(pages.make_sentence("This sign-in is over", OVER), 403, STEPPING)
        response = show(request, answer)
        response.delete_cookie(COOKIE, path=f"{CONSENT}/{sign_in_id}", httponly=True, samesite="lax")
        return response

    return routes


async def answer_form(request: Request, work: Callable[[Pairs, dict[str, str]], Awaitable[Answer]]) -> Response:
    """Answer a program that sends a form."""
    try:
        pairs = await read_form(request)
    except Unreadable:
        return tell(NO_FORM)
    sent = request.headers.get("authorization")
    return tell(await work(pairs, {"Authorization": sent} if sent else {}))


def read_query(request: Request) -> Pairs:
    return parse(request.scope["query_string"])


async def read_form(request: Request) -> Pairs:
    """Read a form. Raises Unreadable, TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request)
    if kind != FORM:
        raise Unreadable
    return parse(body)


def parse(text: bytes) -> Pairs:
    """Read parameters. Raises Unreadable."""
    try:
        return tuple(parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise Unreadable from None


async def read_body(request: Request) -> bytes:
    """Read a small body. Raises TooLarge as soon as it is none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge
    return bytes(body)


def tell(answer: Answer) -> Response:
    """Answer a program."""
    status, headers = answer.status, dict(answer.headers)
    if isinstance(answer.body, dict) and answer.body.get("error") == "invalid_client":
        status = 401 if status == 400 else status
        headers.setdefault("WWW-Authenticate", 'Basic realm="Deskhand"')
    headers.pop("Content-Type", None)
    return JSONResponse(answer.body, status, headers | {"Cache-Control": "no-store", "Pragma": "no-cache"})


def show(request: Request, answer: Answer) -> Response:
    """Answer a browser: send it on, or say what is wrong, in words where it takes a page."""
    if "Location" in answer.headers:
        return Response(None, answer.status, {"Location": answer.headers["Location"]} | STEPPING)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(answer.body, answer.status, STEPPING)
    sentence = str(answer.body.get("error_description") or answer.body["error"])
    if answer.status == 409:
        return HTMLResponse(pages.make_busy(sentence, again=request.method == "GET"), 409, STEPPING)
    page = pages.make_sentence("This sign-in cannot go on", f"{sentence} (What asked for it made this mistake, not you.)")
    return HTMLResponse(page, answer.status, STEPPING)


def is_https(oauth: OAuth, request: Request) -> bool:
    """Whether a browser came by the public address over https, as far as its Host header tells."""
    public = oauth.address.public_url or ""
    return public.startswith("https://") and request.headers.get("host", "").lower() in spell_hosts(public)
