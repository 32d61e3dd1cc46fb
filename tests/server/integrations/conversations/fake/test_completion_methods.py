"""The fake's Chat Completions API."""

import openai
import pytest

from server.integrations.conversations.fake import Reply

HELLO = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Hello"}]}
TOOL = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}


def test_completion_has_a_text_and_its_usage(fake, client):
    fake.account.language_model.scripted.append("Hi")
    completion = client.chat.completions.create(**HELLO)
    assert (completion.choices[0].message.content, completion.choices[0].finish_reason) == ("Hi", "stop")
    assert completion.usage.total_tokens > 0
    assert client.chat.completions.create(**HELLO, max_tokens=1).choices[0].finish_reason == "length"


def test_completion_is_streamed(fake, client):
    fake.account.language_model.scripted.append("One two")
    chunks = list(client.chat.completions.create(**HELLO, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "One two"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens > 0


def test_completion_calls_a_function(fake, client):
    for stream in (False, True):
        fake.account.language_model.scripted.append(Reply(function="lookup", arguments={"q": "a b"}))
        if stream:
            with client.chat.completions.stream(**HELLO, tools=[TOOL]) as events:
                completion = events.get_final_completion()
        else:
            completion = client.chat.completions.create(**HELLO, tools=[TOOL])
        [call] = completion.choices[0].message.tool_calls
        assert (call.function.name, call.function.arguments) == ("lookup", '{"q":"a b"}')
        assert completion.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("messages", [[], [{"role": "robot", "content": "x"}], "Hello", [5]])
def test_misfit_is_refused(client, messages):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-6-luna", messages=messages)
