"""The events of a streamed response."""

from server.integrations.conversations.fake import Reply

MODEL = "gpt-6-luna"
TOOL = {
    "type": "function",
    "name": "lookup",
    "parameters": {"type": "object", "properties": {"q": {"type": "string"}}},
    "strict": False,
}


def test_text_is_streamed_in_the_order_of_openai(fake, client):
    fake.account.language_model.scripted.append("One two")
    events = list(client.responses.create(model=MODEL, input="Hello", stream=True))
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    assert events[0].response.status == "in_progress"
    assert events[-1].response.output_text == "One two"


def test_call_of_a_function_is_streamed(fake, client):
    fake.account.language_model.scripted.append(Reply(function="lookup", arguments={"q": "a b"}))
    with client.responses.stream(model=MODEL, input="Hello", tools=[TOOL]) as stream:
        response = stream.get_final_response()
    assert response.output[0].arguments == '{"q":"a b"}'


def test_cut_answer_is_incomplete(fake, client):
    fake.account.language_model.scripted.append("word " * 100)
    *_, last = client.responses.create(model=MODEL, input="Hello", stream=True, max_output_tokens=16)
    assert (last.type, last.response.incomplete_details.reason) == ("response.incomplete", "max_output_tokens")
