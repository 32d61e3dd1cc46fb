"""Failures in a router's own form."""

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.core.errors import Conflict, DeskhandError, Forbidden, NotAuthenticated, TooManyRequests, Unavailable
from server.http.application import new_application
from server.http.error_format import ErrorFormat, ErrorFormatMiddleware, Failure, read_failure, write_event
from server.http.exception_handlers import to_response
from server.http.middleware import SecurityHeadersMiddleware, TrailingSlashMiddleware

ERRORS = {
    "forbidden": Forbidden("You may not."),
    "unknown": NotAuthenticated("Who is it?"),
    "many": TooManyRequests("Too many.", retry_after=7),
    "busy": Unavailable("Busy.", code="off"),
    "double": Conflict("Once."),
    "broken": DeskhandError("Broken."),
    "unforeseen": RuntimeError("secret inside"),
}


class Refusal(BaseModel):
    error: str


def write(failure: Failure) -> Mapping[str, Any]:
    return {"error": failure.detail, "status": failure.status, **failure.extra}


OWN = ErrorFormat(Refusal, write, headers=lambda failure: {"X-Should-Retry": "false"} if failure.status == 409 else {})


async def fail(request: Request) -> Response:
    raise ERRORS[request.path_params["kind"]]


async def show(_: Request) -> Response:
    return JSONResponse({"detail": "fine"})


@pytest.fixture(scope="module")
def http() -> httpx2.AsyncClient:
    app = new_application("Test")
    app.router.routes += [Route("/own/fail/{kind}", fail), Route("/other/fail/{kind}", fail), Route("/own/show", show)]
    sized = new_application("Sized", largest_body=3)
    sized.router.routes += [Route("/own/sized", show, methods=["POST"])]

    async def both(scope, receive, send) -> None:
        await (sized if scope["path"] == "/own/sized" else app)(scope, receive, send)

    stack = SecurityHeadersMiddleware(TrailingSlashMiddleware(both), {})
    own = ErrorFormatMiddleware(stack, lambda path: OWN if f"{path}/".startswith("/own/") else None)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(own, raise_app_exceptions=False), base_url="http://test")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/own/fail/forbidden", 403, "You may not."),
        ("/own/fail/unknown", 401, "Who is it?"),
        ("/own/fail/many", 429, "Too many."),
        ("/own/fail/broken", 500, "Broken."),
        ("/own/fail/unforeseen", 500, "Deskhand made a mistake. Its log says more; try again."),
        ("/own/nothing", 404, "There is nothing at this address. /docs says what there is."),
        ("/own", 404, "There is nothing at this address. /docs says what there is."),
        ("/own/show/", 200, None),
    ],
)
async def test_failure_below_the_prefix_has_its_form(http, path: str, status: int, error: str | None) -> None:
    answer = await http.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().get("error") == error
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_headers_and_members_of_a_failure_stay(http) -> None:
    assert (await http.get("/own/fail/many")).headers["retry-after"] == "7"
    assert (await http.get("/own/fail/unknown")).headers["www-authenticate"].startswith("Bearer")
    assert (await http.get("/own/fail/busy")).json() == {"error": "Busy.", "status": 503, "code": "off"}
    assert (await http.get("/own/fail/double")).headers["x-should-retry"] == "false"
    assert "x-should-retry" not in (await http.get("/own/fail/busy")).headers


async def test_failure_in_plain_text_has_its_form(http) -> None:
    answer = await http.post("/own/sized", content=b"1234")
    assert (answer.status_code, answer.json()["error"]) == (413, "The request is too large. Send less at once.")


async def test_head_request_has_the_status_and_no_body(http) -> None:
    answer = await http.head("/own/fail/forbidden")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (403, b"", "application/json")


async def test_other_paths_answer_problem_documents(http) -> None:
    answer = await http.get("/other/fail/forbidden")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "You may not."
    assert (await http.get("/owner")).headers["content-type"] == "application/problem+json"


def test_invalid_input_is_answered_with_the_replaced_status() -> None:
    assert json.loads(OWN.write_body(Failure(422, "It does not fit.")))["status"] == 400
    assert OWN.replace(Failure(404, "")).status == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"status": "x", "detail": ""}', b"\xff"])
def test_other_body_is_no_problem_document(body: bytes) -> None:
    assert read_failure(body) is None


def test_failure_of_a_begun_stream_is_an_event() -> None:
    response = to_response(Unavailable("Busy."))
    assert write_event(response, OWN) == b'event: error\ndata: {"error": "Busy.", "status": 503}\n\n'
    assert b'"detail": "Busy."' in write_event(response, None)
