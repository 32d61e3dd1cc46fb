"""Faults that a test orders."""

import openai
import pytest


def test_ordered_error_is_answered_so_many_times(fake, client):
    fake.fail_next(429, times=2, path="/v1/models", retry_after=7)
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as failure:
            client.models.list()
        assert failure.value.response.headers["retry-after"] == "7"
    assert client.models.list().data


def test_fault_applies_to_its_path_and_method_only(fake, client):
    fake.fail_next(500, path="/v1/responses", method="POST", code="broken", message="It broke.")
    assert client.models.list().data
    with pytest.raises(openai.InternalServerError) as failure:
        client.responses.create(model="gpt-6-luna", input="Hello")
    assert (failure.value.code, failure.value.body["message"]) == ("broken", "It broke.")
