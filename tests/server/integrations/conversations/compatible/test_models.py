"""Requests of OpenAI's API."""

import pytest
from pydantic import ValidationError

from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest


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
    ],
)
def test_misshapen_completion_is_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        CompletionRequest.model_validate(fields)


@pytest.mark.parametrize("fields", [{}, {"input": 5}, {"input": ["Hi"]}, {"input": "Hi", "max_output_tokens": 0}])
def test_misshapen_response_is_refused(fields: dict) -> None:
    with pytest.raises(ValidationError):
        ModelResponseRequest.model_validate(fields)
