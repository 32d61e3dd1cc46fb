"""Requests of /v1 on their way to OpenAI."""

from typing import Any

import pytest

from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.outgoing import read_completion_request, read_response_request

HI = [{"role": "user", "content": "Hi"}]


def completion(**fields: object) -> CompletionRequest:
    return CompletionRequest.model_validate({"messages": HI, **fields})


def test_request_is_sent_as_it_is_for_another_model() -> None:
    fields = {"model": "mine", "seed": 7, "reasoning_effort": None, "tools": [{"type": "custom"}], "stream": False}
    outgoing = read_completion_request(completion(**fields))
    assert outgoing.write("gpt", None) == {"messages": HI, **fields, "model": "gpt"}
    assert (outgoing.turns, outgoing.is_stream, outgoing.model) == ((Turn(role="user", text="Hi"),), False, "mine")
    response = read_response_request(ModelResponseRequest.model_validate({"input": "Hi", "truncation": "auto"}))
    assert response.write("gpt", None) == {"input": "Hi", "truncation": "auto", "model": "gpt"}
    assert (response.turns, response.model) == ((Turn(role="user", text="Hi"),), "")


@pytest.mark.parametrize(
    ("options", "shown"), [(None, False), ({"include_usage": False}, False), ({"include_usage": True}, True)]
)
def test_tokens_of_a_stream_are_always_asked_for(options: dict | None, shown: bool) -> None:
    outgoing = read_completion_request(completion(stream=True, stream_options=options))
    assert outgoing.write("gpt", None)["stream_options"] == {"include_usage": True}
    assert outgoing.shows_usage is shown
    other = read_completion_request(completion(stream=True, stream_options={"include_obfuscation": False}))
    assert other.body["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_limit_is_added_where_the_client_has_none() -> None:
    assert read_completion_request(completion()).write("gpt", 100)["max_completion_tokens"] == 100
    assert read_completion_request(completion(n=3)).write("gpt", 100)["max_completion_tokens"] == 33
    assert read_completion_request(completion(), is_openai=False).write("gpt", 100)["max_tokens"] == 100
    limited = read_completion_request(completion(max_tokens=50))
    assert limited.limit == 50
    assert "max_completion_tokens" not in limited.write("gpt", 100)
    response = ModelResponseRequest(input="Hi", max_output_tokens=20)
    assert read_response_request(response).write("gpt", 100)["max_output_tokens"] == 20


def test_service_tier_is_the_reserved_one() -> None:
    assert read_completion_request(completion()).write("gpt", None, "default")["service_tier"] == "default"
    assert read_completion_request(completion(service_tier="auto")).write("gpt", None, "default")["service_tier"] == "default"
    assert read_completion_request(completion(service_tier="flex")).write("gpt", None)["service_tier"] == "flex"
    assert "service_tier" not in read_completion_request(completion()).write("gpt", None)


def test_tokens_of_tools_are_counted_too() -> None:
    tools = [{"type": "function", "function": {"name": "find", "description": "x" * 3_000}}]
    assert (
        read_completion_request(completion(tools=tools)).count_tokens("gpt-5")
        - read_completion_request(completion()).count_tokens("gpt-5")
        > 900
    )


def test_higher_one_of_two_limits_counts() -> None:
    assert read_completion_request(completion(max_completion_tokens=1, max_tokens=9_000)).limit == 9_000
    assert read_completion_request(completion()).limit is None


def test_files_sound_and_other_items_count() -> None:
    data = "A" * 30_000
    for part in ({"type": "file", "file": {"file_data": data}}, {"type": "input_audio", "input_audio": {"data": data}}):
        assert read_completion_request(completion(messages=[{"role": "user", "content": [part]}])).count_tokens("gpt-5") > 10_000
    for item in ({"type": "computer_call_output", "output": data}, {"content": [{"type": "input_file", "file_data": data}]}):
        assert read_response_request(ModelResponseRequest(input=[item])).count_tokens("gpt-5") > 10_000
    picture = {"type": "image_url", "image_url": {"url": data}}
    assert read_completion_request(completion(messages=[{"role": "user", "content": [picture]}])).count_tokens("gpt-5") < 10_000


BIG = "A" * 30_000
CUSTOM_CALL: Any = {"type": "custom_tool_call", "call_id": "c", "name": "x", "arguments": "x", "input": BIG}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "x", "input": BIG}}]},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": BIG, "arguments": ""}}]},
        {"role": "assistant", "function_call": {"name": "x", "arguments": BIG}},
        {"role": "user", "content": "Hi", "name": BIG},
        {"role": "tool", "tool_call_id": BIG, "content": "Hi"},
        {"role": "user", "content": [{"type": "text", "text": "Hi", "more": BIG}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,", "detail": BIG}}]},
        {"role": "user", "content": "", "of_next_year": [[BIG]]},
        CUSTOM_CALL,
    ],
)
def test_every_text_counts_wherever_it_is(message: dict[str, Any]) -> None:
    assert read_completion_request(completion(messages=[message])).count_tokens("gpt-5") > 10_000
    assert read_response_request(ModelResponseRequest(input=[message])).count_tokens("gpt-5") > 10_000


def test_message_without_a_text_counts_too() -> None:
    messages = [{"role": "user", "content": ""}] * 1_000
    assert read_completion_request(completion(messages=messages)).count_tokens("gpt-5") > 8_000
    assert read_response_request(ModelResponseRequest(input=[{}] * 1_000)).count_tokens("gpt-5") > 8_000


@pytest.mark.parametrize("field", ["response_format", "text", "metadata", "instructions", "functions", "stop", "user"])
def test_every_field_counts(field: str) -> None:
    assert read_completion_request(completion(**{field: BIG})).count_tokens("gpt-5") > 10_000
    assert read_response_request(ModelResponseRequest.model_validate({"input": "Hi", field: BIG})).count_tokens("gpt-5") > 10_000


@pytest.mark.parametrize("text", ["好" * 10_000, "1,2," * 7_500])
def test_each_byte_counts(text: str) -> None:
    """GPT's tokenizers make a token of each digit and comma of a table of short numbers."""
    assert read_completion_request(completion(messages=[{"content": text}])).count_tokens("gpt-5") > 30_000


def test_image_counts_by_the_model() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://pictures.example/large.png", "detail": "high"}}
    request = read_completion_request(completion(messages=[{"role": "user", "content": [picture]}]))
    counts = [request.count_tokens(model) // 1_000 for model in ("gpt-4o", "gpt-6-luna", "gpt-4o-mini")]
    assert counts == [1, 24, 48]
