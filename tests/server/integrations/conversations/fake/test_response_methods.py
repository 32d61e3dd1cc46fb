"""The fake's Responses API."""

import time

import openai
import pytest

MODEL = "gpt-6-luna"


def test_response_belongs_to_its_conversation(fake, client):
    conversation = client.conversations.create()
    fake.account.language_model.scripted.append("Hi")
    response = client.responses.create(model=MODEL, input="Hello", conversation=conversation.id)
    assert (response.output_text, response.status, response.conversation.id) == ("Hi", "completed", conversation.id)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    items = list(client.conversations.items.list(conversation.id, order="asc"))
    assert [(item.role, item.content[0].text) for item in items] == [("user", "Hello"), ("assistant", "Hi")]


def test_response_continues_another(client):
    first = client.responses.create(model=MODEL, input="Hello")
    second = client.responses.create(model=MODEL, input="And?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.input_tokens
    assert len(list(client.responses.input_items.list(second.id))) == 3
    assert client.responses.retrieve(first.id).output_text == first.output_text
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_background_response_is_queued_and_ends_by_itself(fake, client):
    fake.account.background_seconds = 0.05
    response = client.responses.create(model=MODEL, input="Hello", background=True)
    assert response.status == "queued"
    until = time.monotonic() + 60
    while client.responses.retrieve(response.id).status != "completed" and time.monotonic() < until:
        time.sleep(0.01)
    assert client.responses.retrieve(response.id).output_text
    fake.account.background_seconds = 60
    response = client.responses.create(model=MODEL, input="Hello", background=True)
    assert client.responses.cancel(response.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(client.responses.create(model=MODEL, input="Hello").id)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"max_output_tokens": 5}, "integer_below_min_value"),
        ({"model": "gpt-5", "temperature": 1}, "unsupported_parameter"),
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "mutually_exclusive_parameters"),
        ({"previous_response_id": "resp_1"}, "previous_response_not_found"),
        ({"input": []}, "missing_required_parameter"),
        ({"model": None}, "missing_required_parameter"),
    ],
)
def test_misfit_is_refused(client, changed, code):
    with pytest.raises(openai.BadRequestError) as failure:
        client.responses.create(**{"model": MODEL, "input": "Hello", **changed})
    assert failure.value.code == code


def test_conversation_takes_one_response_at_a_time(fake, client):
    conversation = client.conversations.create()
    fake.account.piece_seconds = 0.2
    try:
        with client.responses.create(model=MODEL, input="Hello", conversation=conversation.id, stream=True) as stream:
            next(iter(stream))
            with pytest.raises(openai.BadRequestError) as failure:
                client.responses.create(model=MODEL, input="Me too", conversation=conversation.id)
        assert failure.value.code == "conversation_locked"
    finally:
        fake.account.piece_seconds = 0
    until = time.monotonic() + 60
    while fake.account.busy and time.monotonic() < until:
        time.sleep(0.01)
    assert client.responses.create(model=MODEL, input="Now", conversation=conversation.id).output_text
