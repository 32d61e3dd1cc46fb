"""Google's errors become ours, each with the status and the sentence that help."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    SignInNeeded,
    TooLarge,
    TooManyRequests,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.gmail.adapter.errors import USUAL_WAIT, NotReached, read_failure, read_wait


def answer(message: str = "No.", reason: str = "", *, modern: bool = False) -> bytes:
    error = {"reason": reason}
    return json.dumps({"error": {"message": message, "details" if modern else "errors": [error]}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "kind", "words"),
    [
        (400, answer("Invalid To header"), InvalidInput, "Invalid To header"),
        (400, answer("Invalid id value"), NotFound, "no"),
        (401, answer(), SignInNeeded, "Sign in"),
        (403, answer(reason="rateLimitExceeded"), TooManyRequests, "no more requests"),
        (403, answer(reason="userRateLimitExceeded"), TooManyRequests, "no more requests"),
        (403, answer(reason="dailyLimitExceeded"), TooManyRequests, "no more requests"),
        (403, answer(reason="insufficientPermissions"), Forbidden, "tick"),
        (403, answer(reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT", modern=True), Forbidden, "tick"),
        (403, answer(reason="accessNotConfigured"), Forbidden, "Gmail API is off"),
        (403, answer(reason="SERVICE_DISABLED", modern=True), Forbidden, "Gmail API is off"),
        (403, answer("Delegation denied"), Forbidden, "Delegation denied"),
        (403, b"<html>", Forbidden, "did not say why"),
        (404, answer(), NotFound, "no"),
        (409, answer("Busy"), Conflict, "Busy"),
        (412, answer("Changed"), Conflict, "Changed"),
        (413, answer(), TooLarge, "too large"),
        (418, answer(), UpstreamFailed, "418"),
        (302, b"", UpstreamFailed, "302"),
        (429, b"", TooManyRequests, "no more requests"),
        (500, b"", UpstreamFailed, "500"),
        (503, answer(), UpstreamFailed, "503"),
        (504, answer(), UpstreamTimedOut, "too long"),
    ],
)
def test_error_of_google_has_our_own_message(status, content, kind, words):
    error = read_failure(status, {}, content)
    assert type(error) is kind
    assert words.lower() in error.detail.lower()


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 1), ("99999999", 3600), ("Fri, 20 Nov", USUAL_WAIT), ("", USUAL_WAIT)]
)
def test_retry_after_of_google_is_read(header, seconds):
    assert read_wait({"retry-after": header}) == seconds
    assert read_failure(429, {"retry-after": header}, b"").retry_after == seconds


def test_message_of_google_is_shortened_to_one_line():
    detail = read_failure(400, {}, answer("a\r\nb\u202e" + "x" * 1000)).detail
    assert "\n" not in detail
    assert "\u202e" not in detail
    assert len(detail) < 300


def test_unreachable_google_is_a_connection_error():
    assert NotReached().status == 502
    assert "internet" in NotReached().detail


@given(
    st.integers(300, 600),
    st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda error: json.dumps({"error": error}).encode()),
)
def test_error_response_of_any_form_is_handled(status, content):
    assert 400 <= read_failure(status, {}, content).status < 600
