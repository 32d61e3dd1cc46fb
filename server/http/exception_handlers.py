"""Every failure becomes a problem document (RFC 9457) whose `detail` is a plain sentence."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1011_INTERNAL_ERROR
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from server.core.errors import DeskhandError, NotAuthenticated
from server.http.problem_details import PROBLEM_TYPE, problem_body, read_detail

log = logging.getLogger(__name__)

SENTENCES = {
    404: "There is nothing at this address. /docs says what there is.",
    405: "This address does not take that method. /docs says which it takes.",
    413: "The request is too large. Send less at once.",
}
MOST_FIELDS = 20  # named in one answer
LONGEST_CLOSE_REASON = 123  # bytes


class Problem(BaseModel):
    """A problem document: the error, and what to do about it."""

    type: str = Field("about:blank", description="A kind of problem; about:blank means that the status says it all.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened and what to do, in a sentence.")


def to_response(error: Exception) -> Response:
    """Make the answer to a request that failed. An unexpected error is logged and answered without its details."""
    if isinstance(error, DeskhandError):
        return from_deskhand(error)
    if isinstance(error, RequestValidationError):
        return from_validation(error)
    if isinstance(error, HTTPException):
        return respond(error.status_code, SENTENCES.get(error.status_code, str(error.detail)), {}, error.headers or {})
    log.error("An operation failed in a way nobody foresaw.", exc_info=error)
    return respond(500, "Deskhand made a mistake. Its log says more; try again.")


def from_deskhand(error: DeskhandError) -> Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = error.challenge
    return respond(error.status, error.detail, error.extra, headers)


def from_validation(error: RequestValidationError) -> Response:
    """Name each wrong field in words; what was sent is not repeated, for it may hold what no JSON answer can."""
    fields = [
        {"field": name_field(item["loc"], item["type"]), "message": describe(item)} for item in error.errors()[:MOST_FIELDS]
    ]
    sentence = "; ".join(explain(field, item["type"]) for field, item in zip(fields, error.errors(), strict=False))
    return respond(
        422,
        clean(f"The request does not fit. {sentence}."),
        {"errors": [{k: clean(v) for k, v in field.items()} for field in fields]},
    )


def describe(item: Mapping[str, Any]) -> str:
    """Describe what is wrong with a value, without the terms of Pydantic and of regular expressions."""
    if item["type"] == "model_attributes_type":
        return "Input should be an object"
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == r"\S":
        return "Input should not be blank"
    return str(item["msg"]).removeprefix("Value error, ").replace(" after validation", "")


def explain(field: dict[str, str], kind: str) -> str:
    """Explain what is wrong with a field; a check of the whole body names its fields itself."""
    whole = field["field"] == "body" and kind == "value_error"
    return field["message"] if whole else f"{field['field']}: {field['message']}"


def name_field(location: tuple[Any, ...] | list[Any], kind: str = "") -> str:
    """Format the location of an invalid value: ("body", "to", 0) is "to.0"; empty for malformed JSON."""
    if kind == "json_invalid":
        return "body"
    inner = [str(part) for part in location[1:]]
    return ".".join(inner) or str(location[0] if location else "body")


def clean(text: str) -> str:
    """Keep a text sendable: no lone surrogates, not endless."""
    return text.encode("utf-8", "replace").decode()[:500]


def respond(
    status: int, detail: str, extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a problem document."""
    body = problem_body(status, detail, extra or {})
    return Response(body, status, dict(headers or {}), media_type=PROBLEM_TYPE)


async def close_socket(socket: WebSocket, response: Response) -> None:
    """Close a WebSocket that was accepted, with the sentence of a failure as far as a close frame has room (RFC 6455, 5.5)."""
    if WebSocketState.DISCONNECTED in {socket.application_state, socket.client_state}:
        return
    code = WS_1011_INTERNAL_ERROR if response.status_code >= 500 else WS_1008_POLICY_VIOLATION
    reason = read_detail(bytes(response.body)).encode()[:LONGEST_CLOSE_REASON].decode(errors="ignore")
    await socket.close(code, reason)


def phrase(status: int) -> str:
    """The usual words for a status."""
    return HTTPStatus(status).phrase


def install(app: FastAPI) -> None:
    """Make the application answer every failure this way."""

    async def handle(connection: Any, error: Exception) -> Any:  # of both kinds, for which Starlette has two types
        response = to_response(error)
        if isinstance(connection, WebSocket) and connection.application_state is not WebSocketState.CONNECTING:
            await close_socket(connection, response)
            return None
        return response

    async def leave(*_: object) -> Response:
        return Response(status_code=400)  # unread: the client disconnected, which is no server error

    async def end(*_: object) -> None:
        """Do nothing: the peer has closed the socket."""

    app.add_exception_handler(ClientDisconnect, leave)
    app.add_exception_handler(WebSocketDisconnect, end)
    for kind in (DeskhandError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, handle)
