"""Bounds of what a request costs."""

from typing import Any

import pytest

from server.core.errors import Forbidden
from server.integrations.conversations.compatible.bounds import check_bounded, is_counted

FUNCTION: Any = {"type": "function", "name": "find_weather", "parameters": {}}
TEXT = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
HOSTED = [
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "image_generation",
    "mcp",
    "computer_use_preview",
    "computer",
    "shell",
    "a_tool_of_next_year",
    None,
]


@pytest.mark.parametrize("kind", HOSTED)
def test_tool_that_openai_runs_has_no_bound(kind: Any) -> None:
    with pytest.raises(Forbidden, match=f"The tool “{kind}” cannot be used within a budget, .* remove the budget") as refusal:
        check_bounded({"tools": [FUNCTION, {"type": kind}]}, "gpt-5")
    assert refusal.value.extra == {"param": "tools", "code": "budget_exceeded"}
    with pytest.raises(Forbidden):
        check_bounded({"input": [{"type": "tool_search_output", "tools": [{"type": kind}]}]}, "gpt-5")


@pytest.mark.parametrize("tools", ["web_search", {"type": "web_search"}, [None], ["function"]])
def test_misshapen_tool_has_no_bound(tools: Any) -> None:
    with pytest.raises(Forbidden):
        check_bounded({"tools": tools}, "gpt-5")


@pytest.mark.parametrize(
    "field",
    [
        {"conversation": "conv_1"},
        {"prompt": {"id": "p"}},
        {"prediction": {"content": "x"}},
        {"audio": {"voice": "alloy"}},
        {"context_management": [{"type": "compaction"}]},
        {"prompt_cache_options": {"ttl": "12h"}},
        {"a_field_of_next_year": 0},
    ],
)
def test_field_that_openai_bills_otherwise_has_no_bound(field: dict[str, Any]) -> None:
    with pytest.raises(Forbidden, match=f"“{next(iter(field))}”"):
        check_bounded(field, "gpt-5")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]},
        {"role": "assistant", "audio": {"id": "audio_1"}},
    ],
)
def test_sound_has_no_bound(message: dict[str, Any]) -> None:
    """Its tokens cost up to thirteen times as much as those of text, and a request does not say how many it has."""
    with pytest.raises(Forbidden, match="“audio”"):
        check_bounded({"messages": [message]}, "gpt-audio")


def test_search_of_a_model_has_no_bound() -> None:
    with pytest.raises(Forbidden, match="web_search_options"):
        check_bounded({"web_search_options": {}}, "gpt-5")
    for model in ("gpt-4o-search-preview", "o3-deep-research"):
        with pytest.raises(Forbidden, match=model):
            check_bounded({}, model)


def test_tools_of_the_client_have_a_bound() -> None:
    check_bounded({"tools": [FUNCTION, {"type": "custom", "name": "run"}], "input": [TEXT], "messages": None}, "gpt-5")
    options = {
        "temperature": 1,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
        "store": False,
        "stop": ["x"],
        "n": 2,
    }
    check_bounded({**options, "audio": None, "a_field_of_next_year": None}, "gpt-5")


@pytest.mark.parametrize(
    "item",
    [
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": None, "id": "msg_1"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "web_search_call", "id": "ws_1"},
        {"type": "an_item_of_next_year"},
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]},
        {"role": "user", "content": [{"type": "input_file", "file_url": "https://example.com/a.pdf"}]},
        {"role": "user", "content": [{"type": "input_file", "file_data": "data:application/pdf;base64,AA=="}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]},
        {"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_file", "file_id": "file-1"}]},
    ],
)
def test_file_or_reference_is_not_counted(item: dict[str, Any]) -> None:
    assert not is_counted({"input": [TEXT, item]})
    assert not is_counted({"messages": [TEXT, item]})


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
        {"type": "function_call", "name": "find_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "42"},
        {"type": "reasoning", "encrypted_content": "abc"},
        {"role": "tool", "tool_call_id": "c", "content": "42"},
    ],
)
def test_text_and_images_are_counted(item: dict[str, Any]) -> None:
    assert is_counted({"input": [TEXT, item]})
    assert is_counted({"messages": [TEXT, item]})
    assert is_counted({"input": "Hi"})
