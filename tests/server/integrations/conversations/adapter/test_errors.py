"""Errors of OpenAI's client."""

import httpx2
import openai
import pytest

from server.core.errors import Forbidden, TooManyRequests, UpstreamFailed
from server.integrations.conversations.adapter.errors import LONGEST_MESSAGE, ErrorTranslator, read_retry_after

ERRORS = ErrorTranslator()
REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/responses")


def make_error(status=400, body=None, **headers):
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    return openai.APIStatusError("", response=response, body=body)


def test_message_of_openai_is_shown_without_control_characters():
    error = ERRORS.translate(make_error(body={"message": "Bad\x1b[2J " + "x" * 5000}), changes=True)
    assert error.detail.startswith("OpenAI answers: Bad")
    assert "\x1b" not in error.detail
    assert len(error.detail) < LONGEST_MESSAGE + 50


@pytest.mark.parametrize("body", [None, "<html>", {"message": 5}, {"message": " "}, []])
def test_answer_without_a_message_gets_a_sentence(body):
    assert ERRORS.translate(make_error(body=body), changes=True).detail == "OpenAI failed to answer. Try again in a moment."


def test_redirect_is_a_failure():
    assert type(ERRORS.translate(make_error(307), changes=True)) is UpstreamFailed


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e9"}, 86_400),
    ],
)
def test_wait_is_read(headers, seconds):
    assert read_retry_after(make_error(429, **headers)) == seconds


def test_error_within_a_stream_is_translated():
    assert type(ERRORS.translate_event("rate_limit_exceeded", "")) is TooManyRequests
    assert type(ERRORS.translate_event("insufficient_quota", "")) is Forbidden
    assert ERRORS.translate_event(None, "It broke.").detail == "OpenAI failed to answer: It broke."
