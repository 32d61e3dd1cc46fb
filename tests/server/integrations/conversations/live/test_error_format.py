import pytest

from server.integrations.conversations.live.error_format import CHAT_ERRORS
from server.sdk.operation import Failure


@pytest.mark.parametrize(
    ("failure", "error", "message"),
    [
        (Failure(404, "Project not found."), "Project not found", None),
        (Failure(400, "Message is required."), "Message is required", None),
        (Failure(404, "There is nothing at this address. /docs says what there is."), "Not found", "There is nothing"),
        (Failure(401, "Send your key."), "Invalid API key", "Send your key."),
        (Failure(413, "The request is too large."), "Request too large", "The request"),
        (Failure(400, "The request does not fit.", {"errors": [{"field": "x"}]}), "Invalid payload", "The request does not fit."),
        (Failure(418, "A sentence. Another one."), "I'm a Teapot", "A sentence"),
    ],
)
def test_failure_is_a_short_error_and_a_message(failure, error, message) -> None:
    body = CHAT_ERRORS.write(failure)
    assert body["error"] == error
    assert body.get("message", "").startswith(message or "")
    assert ("message" in body) == bool(message)
    assert body["timestamp"].endswith("Z")


def test_fields_are_named_as_details() -> None:
    fields = [{"field": "message", "message": "must be a text"}]
    assert CHAT_ERRORS.write(Failure(400, "It does not fit.", {"errors": fields}))["details"] == fields


def test_invalid_input_is_400() -> None:
    assert CHAT_ERRORS.replace(Failure(422, "x")).status == 400
    assert CHAT_ERRORS.replace(Failure(409, "x")).status == 409
