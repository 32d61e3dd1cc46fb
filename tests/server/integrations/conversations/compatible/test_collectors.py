"""The complete answer of a stream."""

import pytest

from server.integrations.conversations.adapter.protocol import Answer, Usage
from server.integrations.conversations.compatible.collectors import (
    CompletionCollector,
    ResponseCollector,
    read_completion,
    read_response,
)

USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 1},
}


def chunk(delta: dict, reason: str | None = None, index: int = 0, **more: object) -> dict:
    choices = [{"index": index, "delta": delta, "finish_reason": reason, "logprobs": None}]
    return {"id": "chatcmpl_1", "object": "chat.completion.chunk", "created": 5, "model": "gpt", "choices": choices, **more}


def test_chunks_are_put_together_to_a_completion() -> None:
    collector = CompletionCollector()
    events = [
        chunk({"role": "assistant", "content": ""}),
        chunk({"role": "assistant", "content": "Hel", "reasoning_content": "thin"}),
        chunk({"content": "lo", "reasoning_content": "king"}),
        chunk({"content": "Second"}, index=1),
        chunk({}, "stop"),
        chunk({}, "length", index=1),
        {"id": "chatcmpl_1", "choices": [], "usage": USAGE},
    ]
    assert not any(collector.add(event) for event in events)
    assert collector.write_result() == {
        "object": "chat.completion",
        "id": "chatcmpl_1",
        "created": 5,
        "model": "gpt",
        "usage": USAGE,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "reasoning_content": "thinking"},
                "finish_reason": "stop",
            },
            {"index": 1, "message": {"role": "assistant", "content": "Second"}, "finish_reason": "length"},
        ],
    }
    usage = Usage(input_tokens=7, cached_tokens=2, output_tokens=3, reasoning_tokens=1)
    assert collector.read_answer() == Answer(id="chatcmpl_1", text="Hello", model="gpt", usage=usage)


def test_calls_of_functions_are_put_together_by_their_numbers() -> None:
    collector = CompletionCollector()

    def call(index: int, arguments: str, **more: object) -> dict:
        name = {"name": more.pop("name")} if "name" in more else {}
        return {"tool_calls": [{"index": index, **more, "function": {**name, "arguments": arguments}}]}

    for delta in (
        call(0, "", id="a", type="function", name="find"),
        call(0, '{"x"'),
        call(1, "{}", id="b", type="function", name="look"),
        call(0, ":1}"),
    ):
        collector.add(chunk(delta))
    collector.add(chunk({}, "tool_calls"))
    message = collector.write_result()["choices"][0]["message"]
    assert message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "look", "arguments": "{}"}},
    ]
    assert message["content"] is None
    assert collector.read_answer().text == 'find({"x":1})\n\nlook({})'


def test_stream_of_a_completion_that_was_cut_is_cancelled() -> None:
    collector = CompletionCollector()
    collector.add(chunk({"content": "Hel"}))
    assert collector.read_answer() == Answer(id="chatcmpl_1", text="Hel", model="gpt", status="cancelled")
    assert CompletionCollector().read_answer().status == "cancelled"


def test_last_event_of_a_response_has_all_of_it() -> None:
    collector = ResponseCollector()
    begun = {"id": "resp_1", "model": "gpt", "status": "in_progress", "output": []}
    whole = {
        **begun,
        "status": "incomplete",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}],
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    assert not collector.add({"type": "response.created", "response": begun})
    assert not collector.add({"type": "response.output_text.delta", "delta": "Hel"})
    assert collector.read_answer() == Answer(id="resp_1", text="Hel", model="gpt", status="cancelled")
    assert collector.add({"type": "response.incomplete", "response": whole})
    assert collector.write_result() == whole
    usage = Usage(input_tokens=7, output_tokens=3)
    assert collector.read_answer() == Answer(id="resp_1", text="Hello", model="gpt", status="incomplete", usage=usage)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"choices": None, "usage": 3},
        {"choices": [None, 3], "usage": {"prompt_tokens": "7", "prompt_tokens_details": 4}},
        {"choices": [{"message": 3, "delta": "x"}], "usage": {"completion_tokens": -5}},
        {"output": 3, "usage": [], "error": "x", "status": 5},
    ],
)
def test_misshapen_answer_is_an_empty_one(value: dict) -> None:
    for answer in (read_completion(value), read_response(value)):
        assert (answer.text, answer.usage, answer.status) == ("", Usage(), "cancelled")
    collector = CompletionCollector()
    collector.add(value)
    assert collector.read_answer().text == ""


@pytest.mark.parametrize("odd", [[], {}])
def test_event_with_impossible_values_is_no_end(odd) -> None:
    collector = ResponseCollector()
    assert not collector.add({"type": odd, "delta": "x"})
    assert collector.add({"type": "response.completed", "response": {"status": odd, "usage": {"input_tokens": 10**30}}})
    answer = collector.read_answer()
    assert (answer.status, answer.usage.input_tokens < 2**63) == ("cancelled", True)
    assert read_completion({"choices": [{"message": {"content": "Hi"}, "finish_reason": odd}]}).text == "Hi"


@pytest.mark.parametrize("read", [read_completion, read_response])
def test_answer_names_its_service_tier(read) -> None:
    assert read({"service_tier": "priority"}).service_tier == "priority"
    assert read({"service_tier": None}).service_tier == read({}).service_tier == ""


@pytest.mark.parametrize("side", ["prompt", "completion"])
def test_tokens_of_sound_are_read(side: str) -> None:
    usage = {"prompt_tokens": 9, f"{side}_tokens_details": {"audio_tokens": 8}}
    read = read_completion({"usage": usage}).usage
    assert (read.audio_tokens, read.input_tokens) == (8, 9)
    assert "audio_tokens" not in read.model_dump()  # the table of usage has none
