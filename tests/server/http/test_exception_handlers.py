import asyncio
import json
from typing import Annotated

import pytest
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException

from server.core.errors import NotAuthenticated, TooManyRequests
from server.http.exception_handlers import install, to_response


def test_error_becomes_a_problem_document_with_a_sentence() -> None:
    response = to_response(TooManyRequests("Slow down.", retry_after=2.1, extra_field=1))
    body = json.loads(response.body)
    assert response.media_type == "application/problem+json"
    assert (body["status"], body["detail"], body["extra_field"]) == (429, "Slow down.", 1)
    assert response.headers["retry-after"] == "3"


def test_missing_key_says_how_to_send_one() -> None:
    response = to_response(NotAuthenticated())
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "key or token" in json.loads(response.body)["detail"]


def test_wrong_field_is_named_without_its_value() -> None:
    error = RequestValidationError([{"type": "x", "loc": ("body", "to", 0), "msg": "is no address", "input": "\ud800secret"}])
    body = json.loads(to_response(error).body)
    assert body["detail"] == "The request does not fit. to.0: is no address."
    assert body["errors"] == [{"field": "to.0", "message": "is no address"}]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "body: Input should be an object"),
        ({"name": " "}, "name: Input should not be blank"),
        ({"name": "x", "more": [1, 2]}, "more: List should have at most 1 item, not 2"),
    ],
)
def test_wrong_value_is_described_without_terms_of_the_validator(value: object, sentence: str) -> None:
    class Order(BaseModel):
        name: Annotated[str, StringConstraints(pattern=r"\S")]
        more: list[int] = Field([], max_length=1)

    app = FastAPI()
    install(app)

    @app.post("/")
    async def take(order: Order) -> None: ...

    assert TestClient(app).post("/", json=value).json()["detail"] == f"The request does not fit. {sentence}."


def test_check_of_the_whole_body_names_its_fields_itself() -> None:
    error = RequestValidationError([{"type": "value_error", "loc": ("body",), "msg": 'Value error, limit: "z" is no number'}])
    body = json.loads(to_response(error).body)
    assert body["detail"] == 'The request does not fit. limit: "z" is no number.'
    assert body["errors"] == [{"field": "body", "message": 'limit: "z" is no number'}]


def test_malformed_json_is_wrong_as_a_whole() -> None:
    error = RequestValidationError([{"type": "json_invalid", "loc": ("body", 0), "msg": "JSON decode error"}])
    assert json.loads(to_response(error).body)["detail"] == "The request does not fit. body: JSON decode error."


@pytest.mark.parametrize("status", [404, 405, 413])
def test_http_exception_is_a_sentence(status: int) -> None:
    assert json.loads(to_response(HTTPException(status)).body)["detail"].endswith(".")


def test_unexpected_error_reveals_nothing(caplog) -> None:
    response = to_response(RuntimeError("the secret"))
    assert response.status_code == 500
    assert "secret" not in bytes(response.body).decode()
    assert "the secret" in caplog.text


def test_disconnect_within_a_body_is_not_logged(caplog) -> None:
    app = FastAPI()
    install(app)

    @app.post("/form")
    async def read(request: Request) -> None:
        await request.body()

    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def send(_: dict) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/form", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert not caplog.records
