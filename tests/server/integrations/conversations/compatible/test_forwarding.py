"""Forwarding to OpenAI: within the budget, and with each answer recorded once."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from server.core.errors import Forbidden, InvalidInput, NotFound, Unavailable, UpstreamFailed
from server.integrations.conversations.adapter.protocol import Uncertain
from server.integrations.conversations.compatible.forwarding import Exchange, Forwarder, Stream
from server.integrations.conversations.compatible.models import CompletionRequest, ModelResponseRequest
from server.integrations.conversations.compatible.outgoing import Outgoing, read_completion_request, read_response_request
from server.integrations.conversations.fake import Reply
from server.integrations.conversations.live.chats import Chats
from server.integrations.conversations.openai_account.spending import Spending
from server.integrations.conversations.store.usage import Balance
from server.sdk.streaming import EventStream
from tests.server.integrations.conversations.live_setup import Live

COMPLETIONS = "/v1/chat/completions"


@pytest.fixture
def forwarder(live: Live) -> Forwarder:
    live.fake.account.language_model.scripted.append(Reply("One two three four."))
    return Forwarder(live.openai, Spending(live.context, live.openai), live.chats)


def completion(**fields: Any) -> Outgoing:
    return read_completion_request(
        CompletionRequest.model_validate({"messages": [{"role": "user", "content": "Count."}], **fields})
    )


def response(**fields: Any) -> Outgoing:
    return read_response_request(ModelResponseRequest.model_validate({"input": "Count.", **fields}))


async def stored(live: Live) -> list[list[str]]:
    """The texts of all conversations."""
    keys = await live.context.database.read(lambda c: c.exec_driver_sql("select id from chat_conversation").scalars().all())
    return [await live.texts(await live.chats.find(key)) for key in keys]


async def start(forwarder: Forwarder, request: Outgoing) -> EventStream:
    stream = await forwarder.send(request, "bot")
    assert isinstance(stream, EventStream)
    return stream


@pytest.mark.parametrize("request_of", [completion, response])
async def test_stream_is_stored_before_its_last_event(live: Live, forwarder: Forwarder, request_of: Any) -> None:
    stream = await start(forwarder, request_of(stream=True))
    async for event in stream.events:
        if event.data == "[DONE]" or event.name == "response.completed":
            assert await stored(live) == [["Count.", "One two three four."]]
    assert len(await stored(live)) == 1
    assert "One two three four." in json.dumps(stream.result())
    assert stream.path().startswith("/api/v1/openai/conversations/")
    assert live.fake.requests.find(COMPLETIONS if request_of is completion else "/v1/responses")[-1].body["model"]


@pytest.mark.parametrize("request_of", [completion, response])
async def test_answer_of_a_client_that_leaves_is_stored_as_far_as_it_came(
    live: Live, forwarder: Forwarder, request_of: Any
) -> None:
    stream = await start(forwarder, request_of(stream=True))
    text = ""
    async for event in stream.events:
        text += json.dumps(event.data)
        if "two" in text:
            break
    await stream.events.aclose()
    (texts,) = await stored(live)
    assert texts[0] == "Count."
    assert "One two" in texts[1]
    assert "four" not in texts[1]


async def test_refused_request_gives_its_reservation_back_and_stores_nothing(live: Live, forwarder: Forwarder) -> None:
    for stream in (False, True):
        live.fake.fail_next(400, path=COMPLETIONS)
        with pytest.raises(InvalidInput):
            await forwarder.send(completion(model="gpt-5", max_tokens=100, stream=stream), "bot")
    assert (await forwarder.spending.read_balances())[""] == Balance()
    assert await stored(live) == []


async def test_request_whose_answer_was_lost_stays_reserved(live: Live, forwarder: Forwarder) -> None:
    live.fake.drop_next(path=COMPLETIONS, after=True)
    with pytest.raises(Uncertain):
        await forwarder.send(completion(model="gpt-5", max_tokens=100), "bot")
    assert (await forwarder.spending.read_balances())[""].reserved > 0
    assert len(live.fake.requests.find(COMPLETIONS)) == 1


async def test_budget_is_kept_and_limits_the_answer(live: Live, forwarder: Forwarder) -> None:
    await forwarder.spending.set_budget("0.00")
    with pytest.raises(Forbidden, match="budget"):
        await forwarder.send(completion(model="gpt-5"), "bot")
    assert live.fake.requests.find(COMPLETIONS) == []
    await forwarder.spending.set_budget("1000")
    await forwarder.send(completion(model="gpt-5"), "bot")
    assert live.fake.requests.find(COMPLETIONS)[-1].body["max_completion_tokens"] > 0


async def test_budget_covers_what_openai_adds_to_the_input(live: Live, forwarder: Forwarder) -> None:
    cheap: dict[str, Any] = {"model": "gpt-5", "max_output_tokens": 16}
    first = await forwarder.send(response(**cheap | {"input": "w " * 60_000}), "bot")
    assert isinstance(first, dict)
    await forwarder.spending.set_budget("0.05")
    for context in ({"previous_response_id": first["id"]}, {"conversation": "conv_1"}, {"prompt": {"id": "pmpt_1"}}):
        with pytest.raises(Forbidden, match="budget"):
            await forwarder.send(response(**cheap, **context), "bot")
    with pytest.raises(InvalidInput):
        await forwarder.send(response(**cheap, previous_response_id="../models"), "bot")
    await forwarder.send(response(**cheap), "bot")
    await forwarder.spending.set_budget("1000")
    await forwarder.send(response(**cheap, previous_response_id=first["id"]), "bot")


async def test_response_before_that_says_no_tokens_may_fill_the_context_window(live: Live, forwarder: Forwarder) -> None:
    first = await forwarder.send(response(model="gpt-5", max_output_tokens=16), "bot")
    assert isinstance(first, dict)
    live.fake.account.responses[first["id"]]["usage"] = None
    await forwarder.spending.set_budget("0.50")
    with pytest.raises(Forbidden, match="would be exceeded"):
        await forwarder.send(response(model="gpt-5", max_output_tokens=16, previous_response_id=first["id"]), "bot")


BIG = "A" * 3_000_000


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": BIG},
        {"role": "user", "content": "Hi", "name": BIG},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "x", "input": BIG}}]},
        {"role": "assistant", "function_call": {"name": "x", "arguments": BIG}},
        {"type": "custom_tool_call", "call_id": "c", "name": "x", "arguments": "x", "input": BIG},
    ],
)
async def test_text_is_never_sent_past_the_budget(live: Live, forwarder: Forwarder, message: Any) -> None:
    await forwarder.spending.set_budget("1")
    for request in (completion(model="gpt-5", messages=[message]), response(model="gpt-5", input=[message])):
        with pytest.raises(Forbidden, match="would be exceeded"):
            await forwarder.send(request, "bot")
    assert live.fake.requests.find(COMPLETIONS) == live.fake.requests.find("/v1/responses") == []


FILE: Any = [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]


@pytest.mark.parametrize("input_", [FILE, [{"type": "item_reference", "id": "msg_1"}]])
async def test_file_or_reference_may_fill_the_context_window(live: Live, forwarder: Forwarder, input_: Any) -> None:
    request = {"model": "gpt-5", "max_output_tokens": 16, "input": input_}
    await forwarder.spending.set_budget("0.50")  # 400,000 tokens of input cost $0.50 alone
    with pytest.raises(Forbidden, match="would be exceeded"):
        await forwarder.send(response(**request), "bot")
    assert live.fake.requests.find("/v1/responses") == []
    await forwarder.spending.set_budget("0.51")
    await forwarder.send(response(**request), "bot")


async def test_tool_that_openai_runs_is_refused_within_a_budget_only(live: Live, forwarder: Forwarder) -> None:
    live.fake.account.language_model.scripted.append(Reply("Five."))
    request = {"model": "gpt-5", "tools": [{"type": "web_search"}]}
    await forwarder.send(response(**request), "bot")
    await forwarder.spending.set_budget("1000")
    with pytest.raises(Forbidden, match="web_search"):
        await forwarder.send(response(**request), "bot")
    await forwarder.spending.set_budget(None)
    await forwarder.spending.set_budget("1000", "1")
    with pytest.raises(Forbidden, match="web_search"):
        await forwarder.send(response(**request), "bot")
    assert len(live.fake.requests.find("/v1/responses")) == 1


async def test_file_is_refused_if_the_context_window_is_unknown(live: Live, forwarder: Forwarder) -> None:
    live.fake.account.models["gpt-chat-latest"] = None
    await forwarder.spending.set_budget("1000")
    with pytest.raises(Forbidden, match="context window of “gpt-chat-latest” is not known"):
        await forwarder.send(response(model="gpt-chat-latest", input=FILE), "bot")
    assert live.fake.requests.find("/v1/responses") == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("request_of", [completion, response])
async def test_cost_is_that_of_the_service_tier(live: Live, forwarder: Forwarder, request_of: Any, stream: bool) -> None:
    costs = []
    for tier in ("default", "priority"):
        live.fake.account.language_model.scripted.append(Reply("One two three four."))
        answer = await forwarder.send(request_of(model="gpt-5", service_tier=tier, stream=stream), "bot")
        if isinstance(answer, EventStream):
            async for _ in answer.events:
                pass
        costs.append((await forwarder.spending.read_calls(f"{live.context.clock.now():%Y-%m}", 1))[0]["cost"])
    assert costs[1] == 2 * costs[0] > 0


async def test_service_tier_is_chosen_within_a_budget(live: Live, forwarder: Forwarder) -> None:
    await forwarder.send(response(model="gpt-5"), "bot")
    await forwarder.spending.set_budget("1000")
    await forwarder.send(response(model="gpt-5", service_tier="auto"), "bot")
    sent = [call.body.get("service_tier") for call in live.fake.requests.find("/v1/responses")]
    assert sent == [None, "default"]
    with pytest.raises(Forbidden, match="service tier “ultrafast”"):
        await forwarder.send(response(model="gpt-5", service_tier="ultrafast"), "bot")


async def test_retired_model_is_not_found(live: Live, forwarder: Forwarder) -> None:
    with pytest.raises(NotFound, match="gpt-6-luna") as error:
        await forwarder.send(completion(model="gpt-4"), "bot")
    assert error.value.extra["code"] == "model_not_found"
    assert (await forwarder.spending.read_balances())[""] == Balance()


async def test_answer_that_ends_early_is_a_failure(live: Live, forwarder: Forwarder) -> None:
    async def end_early() -> AsyncGenerator[dict[str, Any]]:
        yield {"id": "1", "model": "gpt-5", "choices": [{"index": 0, "delta": {"content": "One"}, "finish_reason": None}]}

    reservation, request = await forwarder.spending.reserve("gpt-5", 5, None, "1"), completion(stream=True)
    stream = Stream(Exchange(live.chats, request, "bot", "1", reservation), end_early(), request.make_collector())
    events = stream.make()
    assert (await anext(events)).data["choices"]
    with pytest.raises(UpstreamFailed, match="ended before it was complete"):
        await anext(events)
    assert await stored(live) == [["Count.", "One"]]


async def test_answer_that_cannot_be_stored_is_no_reason_to_send_the_request_again(forwarder: Forwarder, monkeypatch) -> None:
    async def fail(*_: Any) -> str:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(Chats, "record_exchange", fail)
    with pytest.raises(UpstreamFailed, match="The disk is full"):  # 502, for which x-should-retry is false
        await forwarder.send(completion(), "bot")
