"""OpenAI's client against the fake."""

import asyncio

import pytest
from pydantic import SecretStr

from server.core.errors import (
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotFound,
    SignInNeeded,
    TooManyRequests,
    Unavailable,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.conversations.adapter.client import Connection, OpenAIClient
from server.integrations.conversations.adapter.protocol import Answer, ResponseRequest, Turn, Uncertain, Usage
from server.integrations.conversations.fake import KEY, Reply
from server.integrations.conversations.fake.account import Account
from server.outbound.previews import previewing
from tests.server.integrations.conversations.desk import open_desk

HELLO = ResponseRequest(model="gpt-6-luna", turns=(Turn(role="user", text="Hello"),))
IMAGE = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with open_desk(tmp_path_factory.mktemp("client") / "data") as desk:
        yield desk


@pytest.fixture
def desk(shared):
    """The desk that these tests share, with nothing left of the one before."""
    account = Account()
    for name in ("models", "piece_seconds", "background_seconds", "conversations", "items", "busy", "responses", "webhooks"):
        setattr(shared.fake.account, name, getattr(account, name))
    shared.fake.account.language_model.scripted.clear()
    shared.fake.requests.clear()
    shared.fake.faults.clear()
    return shared


@pytest.fixture
def api(desk):
    return desk.openai.api()


@pytest.fixture
def respond(desk, api):
    """Collect what a response gives."""

    def collect(request=HELLO, on_created=None):
        async def run():
            return [item async for item in api.respond(request, on_created)]

        return desk.run(run())

    return collect


def test_response_is_streamed_and_ends_with_the_whole_answer(desk, respond):
    desk.fake.account.language_model.scripted.append("One two three")
    created = []

    async def note(response_id):
        created.append(response_id)

    *pieces, answer = respond(on_created=note)
    assert pieces == ["One ", "two ", "three"]
    assert answer == Answer(
        id=created[0],
        text="One two three",
        model="gpt-6-luna",
        usage=Usage(input_tokens=5, output_tokens=4),
        service_tier="default",
    )


def test_options_and_images_reach_openai(desk, respond):
    turns = (Turn(role="assistant", text="Hi"), Turn(role="user", text="Look", images=(IMAGE,)))
    options = {"instructions": "Be brief.", "max_output_tokens": 500, "temperature": 0.5, "metadata": {"a": "b"}}
    options |= {"service_tier": "flex"}
    respond(ResponseRequest(model="gpt-6-luna", turns=turns, **options))
    body = desk.fake.requests.find("/v1/responses")[0].body
    assert {name: body[name] for name in options} == options
    assert body["input"] == [
        {"role": "assistant", "content": "Hi"},
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": IMAGE, "detail": "auto"}],
        },
    ]


def test_request_is_sent_again_without_a_temperature_that_the_model_does_not_take(desk, respond):
    assert isinstance(respond(HELLO.model_copy(update={"model": "gpt-5", "temperature": 0.7}))[-1], Answer)
    assert ["temperature" in arrived.body for arrived in desk.fake.requests.find("/v1/responses")] == [True, False]


def test_answer_that_was_cut_says_so(desk, respond):
    desk.fake.account.language_model.scripted.append("word " * 200)
    answer = respond(HELLO.model_copy(update={"max_output_tokens": 16}))[-1]
    assert (answer.status, answer.error) == ("incomplete", "The answer was cut at the limit of output tokens.")


def test_background_response_is_retrieved_and_cancelled(desk, api, respond):
    desk.fake.account.background_seconds = 60
    [answer] = respond(HELLO.model_copy(update={"background": True}))
    assert answer.is_running
    assert desk.run(api.retrieve_response(answer.id)) is None
    desk.run(api.cancel_response(answer.id))
    assert desk.run(api.retrieve_response(answer.id)).status == "cancelled"
    with pytest.raises(NotFound):
        desk.run(api.retrieve_response("resp_unknown"))


def test_conversation_is_made_with_twenty_items_a_request(desk, api, respond):
    turns = [Turn(role="user", text=str(number)) for number in range(45)]
    thread_id = desk.run(api.create_conversation({"deskhand": "1"}, turns))
    assert [len(arrived.body["items"]) for arrived in desk.fake.requests.find("/v1/conversations.*")] == [20, 20, 5]
    respond(HELLO.model_copy(update={"thread_id": thread_id}))
    assert [item["role"] for item in desk.fake.account.items[thread_id]][-2:] == ["user", "assistant"]
    desk.run(api.delete_conversation(thread_id))
    desk.run(api.delete_conversation(thread_id))
    assert not desk.fake.account.conversations


def test_part_of_a_conversation_is_removed(desk, api):
    desk.fake.fail_next(400, path="/items$")
    with pytest.raises(InvalidInput):
        desk.run(api.create_conversation({}, [Turn(role="user", text="x")] * 21))
    assert not desk.fake.account.conversations


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 400}, InvalidInput),
        ({"status": 401}, SignInNeeded),
        ({"status": 403}, Forbidden),
        ({"status": 404, "code": "model_not_found"}, InvalidInput),
        ({"status": 429, "retry_after": 3}, TooManyRequests),
        ({"status": 429, "code": "insufficient_quota"}, Forbidden),
        ({"status": 500}, UpstreamFailed),
        ({"status": 503}, Unavailable),
        ({"status": 502}, Uncertain),
        ({"status": 504}, Uncertain),
        ({"status": 408}, Uncertain),
        ({"status": 400, "code": "conversation_locked"}, Unavailable),
        ({"drop": True}, Uncertain),
        ({"drop": True, "after": True}, Uncertain),
    ],
)
@pytest.mark.parametrize("background", [False, True])
def test_failure_of_a_response_is_sent_once(desk, respond, fault, error, background):
    desk.fake.fail_next(**{"status": 0, "path": "/v1/responses", **fault})
    with pytest.raises(DeskhandError) as failure:
        respond(HELLO.model_copy(update={"background": background}))
    assert type(failure.value) is error
    assert failure.value.retry_after == fault.get("retry_after", failure.value.retry_after)
    assert len(desk.fake.requests.find("/v1/responses")) == 1


def test_stream_that_ends_early_is_uncertain_and_names_its_response(desk, api, respond):
    desk.fake.cut_next(5)
    with pytest.raises(Uncertain) as failure:
        respond()
    assert failure.value.response_id in desk.fake.account.responses
    assert failure.value.extra == {"uncertain": True}
    desk.fake.cut_next(0)
    with pytest.raises(Uncertain) as failure:
        respond()
    assert failure.value.response_id == ""
    assert len(desk.fake.requests.find("/v1/responses")) == 2


def test_openai_out_of_reach_means_that_nothing_was_sent(desk):
    api = OpenAIClient(Connection(base_url="http://127.0.0.1:9/v1"), desk.context.http.get)

    async def run():
        return [item async for item in api.respond(HELLO)]

    with pytest.raises(Unavailable, match="nothing was sent"):
        desk.run(run())


def test_preview_may_list_the_models_and_nothing_else(desk, api):
    async def preview():
        with previewing():
            models = await api.list_models()
            with pytest.raises(RuntimeError, match="preview"):
                await api.forward("POST", "/responses", {"model": "gpt-5", "input": "Hello"})
        return models

    assert desk.run(preview())


def test_lost_answer_of_a_read_is_no_uncertainty(desk, api):
    desk.fake.fail_next(504, retry_after=60)
    with pytest.raises(UpstreamTimedOut):
        desk.run(api.list_models())
    desk.fake.drop_next()
    assert desk.run(api.list_models())
    desk.fake.drop_next(times=2)
    with pytest.raises(UpstreamFailed):
        desk.run(api.list_models())


def test_model_that_is_gone_is_refused_with_current_ones(desk, api, respond):
    body = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    for send in (
        lambda: respond(HELLO.model_copy(update={"model": "gpt-4"})),
        lambda: desk.run(api.forward("POST", "/chat/completions", body)),
        lambda: desk.run(api.forward_stream("/chat/completions", body)),
    ):
        with pytest.raises(InvalidInput, match=r"no model “gpt-4”, or no longer\. Use gpt-6-luna") as failure:
            send()
        assert failure.value.extra["code"] == "model_not_found"


def test_closing_a_response_ends_its_request(desk, api):
    desk.fake.account.piece_seconds = 0.05

    async def run():
        items = api.respond(HELLO)
        await anext(items)
        await items.aclose()
        [response] = desk.fake.account.responses.values()
        async with asyncio.timeout(60):
            while response["status"] == "in_progress":
                await asyncio.sleep(0.01)
        return response["status"]

    assert desk.run(run()) == "cancelled"


def test_request_of_a_client_is_forwarded_as_it_is(desk, api):
    body = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Hello"}], "unknown_field": [1]}
    answer = desk.run(api.forward("POST", "/chat/completions", body))
    assert (answer["object"], answer["usage"]["prompt_tokens"]) == ("chat.completion", 5)
    assert desk.fake.requests.arrived[-1].body == body
    assert desk.run(api.forward("GET", "/models/gpt-5"))["id"] == "gpt-5"
    with pytest.raises(NotFound) as failure:
        desk.run(api.forward("GET", "/responses/resp_unknown"))
    assert failure.value.extra["kind"] == "invalid_request_error"
    with pytest.raises(InvalidInput) as failure:
        desk.run(api.forward("POST", "/chat/completions", {**body, "model": "gpt-4"}))
    assert failure.value.extra["code"] == "model_not_found"


def test_stream_of_a_client_is_forwarded_as_it_is(desk, api):
    desk.fake.account.language_model.scripted.append(Reply(function="lookup", arguments={"q": "x"}))
    messages = [{"role": "user", "content": "Hello"}]
    body = {"model": "gpt-5", "stream": True, "messages": messages, "stream_options": {"include_usage": True}}

    async def run(cut=None):
        if cut is not None:
            desk.fake.cut_next(cut)
        return [event async for event in await api.forward_stream("/chat/completions", body)]

    events = desk.run(run())
    assert events[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] == "lookup"
    assert events[-1]["usage"]["total_tokens"] > 0
    with pytest.raises(Uncertain):
        desk.run(run(cut=2))
    desk.fake.fail_next(429, retry_after=5)
    with pytest.raises(TooManyRequests):
        desk.run(api.forward_stream("/chat/completions", body))


def test_webhook_is_created_updated_and_removed(desk, api):
    webhook_id, secret = desk.run(api.create_webhook("Deskhand", "https://a.example/x", ["response.completed"]))
    assert secret.startswith("whsec_")
    desk.run(api.update_webhook(webhook_id, "https://b.example/x"))
    assert desk.fake.account.webhooks[webhook_id]["url"] == "https://b.example/x"
    desk.run(api.delete_webhook(webhook_id))
    desk.run(api.delete_webhook(webhook_id))
    with pytest.raises(NotFound):
        desk.run(api.update_webhook(webhook_id, "https://b.example/x"))


def test_stream_that_ends_without_its_end_is_uncertain(desk, respond):
    desk.fake.cut_next(5, clean=True)
    with pytest.raises(Uncertain) as failure:
        respond()
    assert failure.value.response_id in desk.fake.account.responses


def test_client_takes_nothing_from_the_environment(desk, monkeypatch):
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "http://127.0.0.1:9/of-the-environment")
    connection = Connection(key=SecretStr(KEY), base_url=desk.fake.base_url)
    desk.run(OpenAIClient(connection, desk.context.http.get).list_models())
    headers = desk.fake.requests.arrived[-1].headers
    assert not [name for name in headers if name in {"openai-organization", "openai-project"}]
    assert "of-the-environment" not in str(headers)
