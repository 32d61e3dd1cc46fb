"""Failures in OpenAI's form."""

import pytest

from server.http.error_format import Failure
from server.integrations.conversations.compatible.errors import OPENAI_ERRORS, write_error


@pytest.mark.parametrize(
    ("failure", "kind", "param", "code"),
    [
        (Failure(401, "Who?"), "authentication_error", None, "invalid_api_key"),
        (Failure(403, "No."), "permission_error", None, "permission_denied"),
        (Failure(404, "Gone."), "invalid_request_error", None, "not_found"),
        (Failure(429, "Wait."), "rate_limit_error", None, "rate_limit_exceeded"),
        (Failure(502, "Broken."), "server_error", None, None),
        (
            Failure(422, "Wrong.", {"errors": [{"field": "messages.0"}, {"field": "n"}]}),
            "invalid_request_error",
            "messages.0",
            None,
        ),
        (Failure(404, "Gone.", {"code": "model_not_found", "param": "model", "kind": "own"}), "own", "model", "model_not_found"),
    ],
)
def test_failure_has_the_four_members(failure: Failure, kind: str, param: str | None, code: str | None) -> None:
    assert write_error(failure) == {"error": {"message": failure.detail, "type": kind, "param": param, "code": code}}


@pytest.mark.parametrize(("status", "retries"), [(409, False), (500, False), (502, False), (429, True), (503, True), (400, True)])
def test_client_does_not_repeat_what_may_have_happened(status: int, retries: bool) -> None:
    assert OPENAI_ERRORS.headers(Failure(status, "")) == ({} if retries else {"x-should-retry": "false"})
