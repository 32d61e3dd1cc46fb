"""Requests of OpenAI's API."""

import pytest
from pydantic import ValidationError

from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.outgoing import read_completion_request, read_response_request


def test_unknown_fields_stay() -> None:
    request = CompletionRequest.model_validate({"messages": [{"role": "user"}], "new": {"a": None}})
    assert request.model_dump(exclude_unset=True) == {"messages": [{"role": "user"}], "new": {"a": None}}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"messages": []},
        {"messages": "Hi"},
        {"messages": [1]},
        {"messages": [{}], "n": 0},
        {"messages": [{}], "max_tokens": -1},
        {"messages": [{}] * 2_049},
    ],
)
def test_misshapen_completion_is_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        CompletionRequest.model_validate(fields)


@pytest.mark.parametrize(
    "fields", [{"input": 5}, {"input": ["Hi"]}, {"input": "Hi", "max_output_tokens": 0}, {"input": [{}] * 2_049}]
)
def test_misshapen_response_is_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        ModelResponseRequest.model_validate(fields)


def test_largest_number_of_messages_passes_and_only_the_first_wrong_one_is_named() -> None:
    assert len(CompletionRequest.model_validate({"messages": [{}] * 2_048}).messages) == 2_048
    assert len(ModelResponseRequest.model_validate({"input": [{}] * 2_048}).input) == 2_048
    for model, fields in ((CompletionRequest, {"messages": [1] * 2_000}), (ModelResponseRequest, {"input": [1] * 2_000})):
        with pytest.raises(ValidationError) as refusal:
            model.model_validate(fields)
        assert refusal.value.error_count() <= 2


def test_null_stands_for_what_is_left_out() -> None:
    completion = CompletionRequest.model_validate({"messages": [{}], "stream": None, "n": None})
    response = ModelResponseRequest.model_validate({"prompt": {"id": "pmpt_1"}, "stream": None, "background": None})
    assert not read_completion_request(completion).is_stream
    assert (read_response_request(response).is_stream, read_response_request(response).turns) == (False, ())
