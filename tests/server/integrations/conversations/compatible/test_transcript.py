"""Messages of /v1 as turns."""

import pytest

from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.compatible.transcript import read_input, read_messages, read_output

PICTURE = "data:image/png;base64,AAAA"


def turns(*pairs: tuple[str, str]) -> tuple[Turn, ...]:
    return tuple(Turn(role=role, text=text) for role, text in pairs)


def test_messages_of_a_completion_are_turns() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"a":1}'}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PICTURE}}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "42"},
        {"role": "assistant", "tool_calls": [{"id": "d", "type": "custom", "custom": {"name": "run", "input": "ls"}}]},
        {"role": "assistant", "content": None, "function_call": {"name": "find", "arguments": "{}"}},
        {"role": "assistant", "content": "It is", "refusal": None},
        {"role": "assistant", "refusal": "No."},
    ]
    assert read_messages(messages) == (
        Turn(role="system", text="Be brief."),
        Turn(role="user", text="Hi", images=(PICTURE,)),
        *turns(("assistant", 'find({"a":1})'), ("tool", "42"), ("assistant", "run(ls)"), ("assistant", "find({})")),
        *turns(("assistant", "It is"), ("assistant", "No.")),
    )


def test_input_of_a_response_is_turns() -> None:
    assert read_input("Hi", "Be brief.") == turns(("system", "Be brief."), ("user", "Hi"))
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": PICTURE}]},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "name": "find", "arguments": "{}", "call_id": "c"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "42"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is"}]},
        {"type": "item_reference", "id": "x"},
    ]
    assert read_input(items, None) == (
        Turn(role="user", text="Hi", images=(PICTURE,)),
        *turns(("assistant", "find({})"), ("tool", "42"), ("assistant", "It is")),
    )


def test_image_of_a_function_is_read() -> None:
    output = [{"type": "input_image", "image_url": PICTURE}, {"type": "input_file", "file_data": "AA=="}]
    item = {"type": "function_call_output", "call_id": "c", "output": output}
    assert read_input([item]) == (Turn(role="tool", text="", images=(PICTURE,)),)


def test_output_of_a_response_is_text() -> None:
    output = [
        {"type": "reasoning"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"type": "custom_tool_call", "name": "run", "input": "ls"},
    ]
    assert read_output(output) == "No.\n\nrun(ls)"
    assert read_output(None) == ""


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"role": 5, "content": 7},
        {"role": "user", "content": [None, 3, {"type": "text"}, {"type": "text", "text": 4}]},
        {"content": {"a": 1}, "tool_calls": [3, None]},
        {"role": "user", "content": [{"type": "image_url", "image_url": 5}, {"type": "image_url", "image_url": {"url": None}}]},
    ],
)
def test_misshapen_message_is_no_turn(item: dict) -> None:
    assert read_messages([item]) == ()
    assert read_input([item, None]) == ()


@pytest.mark.parametrize("kind", [[], {}, None, 1])
def test_part_of_an_impossible_type_is_left_out(kind) -> None:
    content = [{"type": kind, "text": "x", "image_url": PICTURE}, {"type": "text", "text": "Hi"}]
    assert read_messages([{"role": "user", "content": content}]) == turns(("user", "Hi"))
    assert read_input([{"role": "user", "content": content}, {"type": kind}]) == turns(("user", "Hi"))
