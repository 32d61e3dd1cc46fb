"""/v1 as OpenAI's own Python client uses it, over a real server with the fake OpenAI."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openai
import pytest

from desktop.server_thread import BackgroundServer
from server.integrations.conversations.fake import FakeOpenAI, Reply, running_fake_openai
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from server.storage.settings import Settings
from tests.server.conftest import Served
from tests.server.integrations.conversations.seed_setup import store_key

TALK = ["create_chat_completion", "create_model_response"]
WEATHER: Any = {"type": "function", "function": {"name": "find_weather", "parameters": {"type": "object", "properties": {}}}}


@dataclass
class Desk:
    """A server, its OpenAI, and a client that may use /v1."""

    served: Served
    fake: FakeOpenAI
    client: openai.OpenAI

    def connect(self, key: str, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(api_key=key, base_url=f"http://127.0.0.1:{self.served.port}/v1", **options)

    def chats(self) -> list[dict[str, Any]]:
        """List the stored conversations."""
        return self.served.person("GET", "/api/chats?limit=200").json()["chats"]

    def texts(self, chat_id: str) -> list[tuple[str, str]]:
        """Read role and text of each message of a conversation."""
        messages = self.served.person("GET", f"/api/chats/{chat_id}").json()["messages"]
        return [(message["role"], message["text"]) for message in messages]


async def prepare(data: Path, fake: FakeOpenAI) -> None:
    settings = OpenAISettings(endpoint=fake.base_url, aliases={"mine": "gpt-6-luna"}, model="gpt-6-luna-mini")
    await Settings(data).write("conversations", ConversationsSettings(openai=settings))
    await store_key(data, fake)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("compatible") / "data"
    data.mkdir(mode=0o700)
    with running_fake_openai() as fake:
        asyncio.run(prepare(data, fake))
        background = BackgroundServer(Program(Options(port=0, data_dir=data), NoScreen()))
        ready = background.start()
        try:
            served = Served(background, ready.public, ready.local, data)
            desk = Desk(served, fake, None)  # type: ignore[arg-type]
            with desk.connect(served.make_client("program", allow=TALK, rate="none")) as desk.client:
                yield desk
        finally:
            assert background.stop()


def test_completion_is_answered_and_stored_with_its_usage(desk: Desk) -> None:
    desk.fake.account.language_model.scripted.append(Reply("Four, in\u200bdeed."))
    messages: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How much is two and two?"}]
    completion = desk.client.chat.completions.create(model="gpt-6-luna", messages=messages, seed=7)
    assert completion.choices[0].message.content == "Four, indeed."
    assert completion.usage
    assert completion.usage.completion_tokens > 0
    assert desk.fake.requests.find("/v1/chat/completions")[-1].body["seed"] == 7
    chat = desk.chats()[0]
    assert (chat["source"], chat["message_count"]) == ("api", 3)
    assert desk.texts(chat["id"])[-2:] == [("user", "How much is two and two?"), ("assistant", "Four, in\u200bdeed.")]
    assert float(chat["cost"]) > 0


def test_next_completion_goes_on_with_the_conversation(desk: Desk) -> None:
    desk.fake.account.language_model.scripted += [Reply("Hello Ann."), Reply("Ann.")]
    messages: Any = [{"role": "user", "content": "I am Ann."}]
    first = desk.client.chat.completions.create(model="mine", messages=messages)
    number = len(desk.chats())
    messages += [{"role": "assistant", "content": first.choices[0].message.content}, {"role": "user", "content": "Who am I?"}]
    desk.client.chat.completions.create(model="mine", messages=messages)
    assert len(desk.chats()) == number
    texts = [text for _, text in desk.texts(desk.chats()[0]["id"])]
    assert texts == ["I am Ann.", "Hello Ann.", "Who am I?", "Ann."]
    assert desk.fake.requests.find("/v1/chat/completions")[-1].body["model"] == "gpt-6-luna"


@pytest.mark.parametrize("usage", [False, True])
def test_completion_is_streamed(desk: Desk, usage: bool) -> None:
    desk.fake.account.language_model.scripted.append(Reply("One two three four five."))
    options: Any = {"stream_options": {"include_usage": True}} if usage else {}
    messages: Any = [{"role": "user", "content": f"Count, please: {usage}"}]
    chunks = list(desk.client.chat.completions.create(model="gpt-6-luna", messages=messages, stream=True, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "One two three four five."
    assert len(chunks) > 3
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert bool(chunks[-1].usage) is usage
    assert all(chunk.choices for chunk in chunks) is not usage
    chat = desk.chats()[0]
    assert desk.texts(chat["id"]) == [("user", f"Count, please: {usage}"), ("assistant", text)]
    assert float(chat["cost"]) > 0


def test_function_is_called_in_a_stream_and_its_result_goes_back(desk: Desk) -> None:
    desk.fake.account.language_model.scripted += [Reply(function="find_weather", arguments={"city": "Rome"}), Reply("Sunny.")]
    messages: Any = [{"role": "user", "content": "How is the weather in Rome?"}]
    with desk.client.chat.completions.stream(model="gpt-6-luna", messages=messages, tools=[WEATHER]) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.tool_calls
    call = message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("find_weather", '{"city":"Rome"}')
    called: Any = {"id": call.id, "type": "function", "function": {"name": "find_weather", "arguments": '{"city":"Rome"}'}}
    messages += [{"role": "assistant", "tool_calls": [called]}, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    answer = desk.client.chat.completions.create(model="gpt-6-luna", messages=messages, tools=[WEATHER])
    assert answer.choices[0].message.content == "Sunny."
    assert [text for _, text in desk.texts(desk.chats()[0]["id"])] == [
        "How is the weather in Rome?",
        'find_weather({"city":"Rome"})',
        "sunny",
        "Sunny.",
    ]


def test_response_is_answered_stored_and_read_again(desk: Desk) -> None:
    desk.fake.account.language_model.scripted += [Reply("Blue."), Reply("As I said, blue.")]
    first = desk.client.responses.create(model="gpt-6-luna", input="What colour is the sky?", instructions="Be brief.")
    assert first.output_text == "Blue."
    assert desk.client.responses.retrieve(first.id, include=["message.output_text.logprobs"]).output_text == "Blue."
    assert unquote(desk.fake.requests.arrived[-1].query) == "include[]=message.output_text.logprobs"
    with pytest.raises(openai.BadRequestError, match="answered as a whole"):
        desk.client.responses.retrieve(first.id, stream=True)
    number = len(desk.chats())
    second = desk.client.responses.create(model="gpt-6-luna", input="Again?", previous_response_id=first.id)
    assert second.output_text == "As I said, blue."
    assert len(desk.chats()) == number
    assert ("user", "What colour is the sky?") in desk.texts(desk.chats()[0]["id"])
    assert desk.texts(desk.chats()[0]["id"])[-1] == ("assistant", "As I said, blue.")


def test_response_is_streamed(desk: Desk) -> None:
    desk.fake.account.language_model.scripted.append(Reply("One two three four five."))
    with desk.client.responses.stream(model="gpt-6-luna", input="Count.") as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds.count("response.output_text.delta") > 1
    assert kinds[-1] == "response.completed"
    assert response.output_text == "One two three four five."
    assert desk.texts(desk.chats()[0]["id"])[-1] == ("assistant", "One two three four five.")


def test_models_are_those_for_chats_and_the_aliases(desk: Desk) -> None:
    models = {model.id: model for model in desk.client.models.list()}
    assert {"gpt-6-luna", "gpt-5", "mine"} <= set(models)
    assert "whisper-1" not in models
    assert models["gpt-5"].shutdown_date == "2026-12-11"
    assert desk.client.models.retrieve("mine").id == "mine"
    with pytest.raises(openai.NotFoundError, match="There is no model nope"):
        desk.client.models.retrieve("nope")


def complete(client: openai.OpenAI, **options: Any) -> Any:
    messages: Any = [{"role": "user", "content": "Hi"}]
    return client.chat.completions.create(**({"model": "gpt-6-luna", "messages": messages} | options))


def test_retired_model_is_refused_with_the_names_of_current_ones(desk: Desk) -> None:
    with pytest.raises(openai.NotFoundError, match="gpt-6-luna") as error:
        complete(desk.client, model="gpt-4")
    assert (error.value.code, error.value.param, error.value.type) == ("model_not_found", "model", "invalid_request_error")
    assert "gpt-4" not in [request.body["model"] for request in desk.fake.requests.find("/v1/chat/completions")]


def test_call_that_would_be_asked_about_is_refused(desk: Desk) -> None:
    refused = pytest.raises(openai.PermissionDeniedError, match="They can allow it in Deskhand's window, under Access")
    with desk.connect(desk.served.make_client("unknown")) as other, refused as error:
        complete(other)
    assert error.value.code == "permission_denied"
    assert desk.served.person("GET", "/api/approvals").json() == []


def test_caller_without_a_key_or_a_scope_is_refused(desk: Desk) -> None:
    refused = pytest.raises(openai.AuthenticationError, match="This key is not known here")
    with desk.connect("dh_wrong") as unknown, refused as error:
        complete(unknown)
    assert error.value.code == "invalid_api_key"
    with desk.connect(desk.served.make_client("reader", scopes=["read:chats"])) as reader:
        with pytest.raises(openai.PermissionDeniedError, match="write:chats"):
            complete(reader)
        assert [model.id for model in reader.models.list()]


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda client: complete(client, messages=[]), "messages"),
        (lambda client: complete(client, messages=[{"role": "user", "content": ""}] * 2_049), "messages"),
        (lambda client: complete(client, n=0), "n"),
        (lambda client: client.responses.create(model="gpt-6-luna", input="Hi", background=True), "background"),
        (lambda client: client.responses.create(model="gpt-6-luna", input=5), "input.str"),
    ],
)
def test_invalid_request_is_a_400_that_names_the_field(desk: Desk, call: Callable[[openai.OpenAI], Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        call(desk.client)
    assert error.value.param == param
    assert error.value.type == "invalid_request_error"


def test_unknown_path_is_a_404_in_the_same_form(desk: Desk) -> None:
    with pytest.raises(openai.NotFoundError, match="There is nothing at this address") as error:
        desk.client.embeddings.create(model="x", input="Hi")
    assert error.value.type == "invalid_request_error"


def test_large_request_passes_and_one_too_large_is_refused(desk: Desk) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 2_000_000}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]
    assert complete(desk.client, messages=messages).choices[0].message.content
    with pytest.raises(openai.APIStatusError) as error:
        complete(desk.client, messages=[{"role": "user", "content": "x" * 33 * 1024 * 1024}])
    assert (error.value.status_code, error.value.code) == (413, "request_too_large")


def test_answer_has_no_limit_of_length(desk: Desk) -> None:
    desk.fake.account.language_model.scripted.append(Reply("word " * 40_000))
    assert len(complete(desk.client).choices[0].message.content) == 200_000


def test_refusal_of_openai_arrives_as_it_is_and_is_not_repeated(desk: Desk) -> None:
    number = len(desk.fake.requests.find("/v1/chat/completions"))
    desk.fake.fail_next(400, path="/v1/chat/completions", code="invalid_value", message="Not like this.")
    with pytest.raises(openai.BadRequestError, match="Not like this") as error:
        complete(desk.client)
    assert (error.value.code, error.value.type) == ("invalid_value", "invalid_request_error")
    desk.fake.fail_next(500, times=1, path="/v1/chat/completions")
    with pytest.raises(openai.InternalServerError):
        complete(desk.client)
    assert len(desk.fake.requests.find("/v1/chat/completions")) == number + 2


@pytest.mark.parametrize(
    "stream",
    [
        lambda client: complete(client, stream=True),
        lambda client: client.responses.create(model="gpt-6-luna", input="Hi", stream=True),
    ],
)
def test_stream_that_openai_cuts_off_raises_the_sentence(desk: Desk, stream: Callable[[openai.OpenAI], Any]) -> None:
    desk.fake.account.language_model.scripted.append(Reply("One two three four five six seven eight."))
    desk.fake.cut_next(4)
    events = stream(desk.client)
    with pytest.raises(openai.APIError, match="OpenAI"):
        list(events)
    assert desk.served.activity(1)[0]["outcome"] == "failed"


def test_budget_stops_a_call_before_it_is_sent(desk: Desk) -> None:
    number = len(desk.fake.requests.find("/v1/chat/completions"))
    assert desk.served.person("PUT", "/api/openai", json={"budget": "0.00"}).status_code < 300
    try:
        for stream in (False, True):
            with pytest.raises(openai.PermissionDeniedError, match="budget") as error:
                complete(desk.client, stream=stream)
            assert error.value.code == "budget_exceeded"
    finally:
        desk.served.person("PUT", "/api/openai", json={"budget": None})
    assert len(desk.fake.requests.find("/v1/chat/completions")) == number


def test_reservation_of_a_refused_call_is_released(desk: Desk) -> None:
    desk.fake.fail_next(400, path="/v1/chat/completions")
    with pytest.raises(openai.BadRequestError):
        complete(desk.client)
    complete(desk.client)
    reserved = desk.served.person("GET", "/api/openai").json()
    assert reserved["reserved"] in {"0", "0.00", "0.0000"}, reserved
