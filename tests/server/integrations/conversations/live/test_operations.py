"""Operations of live conversations while OpenAI cannot be used. The usual case is in test_live_routes.py."""

import pytest

from server.core.errors import Conflict
from server.integrations.conversations.fake import KEY
from server.integrations.conversations.live.chats import CHANGED
from server.integrations.conversations.live.effects import UNKNOWN_MODEL, UNKNOWN_PRICE
from server.integrations.conversations.live.models import UNKNOWN_LEAF
from server.integrations.conversations.live.operation_models import (
    ChatOrder,
    CompletionOrder,
    ManualOrder,
    MessageOrder,
    TurnOrder,
)
from server.integrations.conversations.store import answers
from server.integrations.conversations.store import live as live_store
from server.sdk.operation import allowed_effect, current_call
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio


class Caller:
    client_id = "c1"


ORDER = MessageOrder(message="Go on")


async def deliver(live, message_id: str, text: str = "As it was", role: str = "user", **values: object) -> None:
    """Deliver a message of conversation w."""
    data = {"id": message_id, "conversation_id": "w", "role": role, "content": text, "create_time": 1, **values}
    await live.service.received.store_manually(ManualOrder(type="message", data=data), "bob")


async def send_as_previewed(live) -> str:
    """Preview a message, have another one changed, and send it as it was allowed; return the error of its answer."""
    operations = live.service.operations
    token = allowed_effect.set(await operations.preview_send("w", ORDER))
    try:
        await deliver(live, "m1", "Changed")
        return str((await operations.send_message("w", ORDER)).data.error)
    finally:
        allowed_effect.reset(token)


@pytest.fixture(autouse=True)
def caller():
    token = current_call.set(Caller())
    yield
    current_call.reset(token)


async def test_conversation_is_created_without_a_key_and_named_by_its_own_id(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        operations, order = live.service.operations, ChatOrder(project_id="1", initial_message="Hello")
        fields = dict((await operations.preview_create(order)).fields)
        assert (fields["Model"], fields["Price at most"]) == (UNKNOWN_MODEL, UNKNOWN_PRICE)
        data = (await operations.create_chat(order)).data
        assert data.thread_id == data.conversation_id
        await live.configure(answer_wait_seconds=0.05)
        sent = await operations.send_message(data.thread_id, MessageOrder(message="Are you there?"))
        assert (sent.data.assistant_response, sent.data.state) == (None, "waiting")
        assert "key" in (await operations.show_status()).data.openai.reason


async def test_status_says_why_openai_is_not_healthy(live) -> None:
    live.fake.fail_next(500, path="/v1/models", times=9)
    live.openai._models_at = None
    state = (await live.service.operations.show_status()).data.openai
    assert (state.status, bool(state.reason)) == ("unhealthy", True)


async def test_failed_answer_is_no_response_and_says_why(live) -> None:
    operations = live.service.operations
    data = (await operations.create_chat(ChatOrder(project_id="1", title="Empty"))).data
    live.fake.fail_next(400, path="/v1/responses", message="No.")
    sent = (await operations.send_message(data.conversation_id, MessageOrder(message="Hi"))).data
    assert (sent.assistant_response, sent.state, "No." in sent.error) == (None, "failed", True)
    note = MessageOrder(message="A remark", role="assistant")
    assert "Price at most" not in dict((await operations.preview_send(data.thread_id, note)).fields)
    assert (await operations.send_message(data.thread_id, note)).data.state == "none"


async def test_effect_covers_what_is_sent_along(live) -> None:
    preview = live.service.operations.preview_send
    await deliver(live, "m1")
    first = await preview("w", ORDER)
    assert dict(first.fields)["Sent with it"] == "1 earlier message"
    await deliver(live, "m1", "As it is")
    changed = await preview("w", ORDER)
    assert (first.sentence, first.fields) == (changed.sentence, changed.fields)
    assert first.seal.split(":")[0] != changed.seal.split(":")[0]
    assert first.seal.split(":")[1] != changed.seal.split(":")[1]
    await deliver(live, "m2", role="system")
    described = "2 earlier messages, 1 with instructions to the model (role system)"
    assert dict((await preview("w", ORDER)).fields)["Sent with it"] == described


async def test_message_is_not_sent_if_what_was_delivered_changed_since_it_was_allowed(live) -> None:
    await deliver(live, "m1")
    with pytest.raises(Conflict) as refused:
        await send_as_previewed(live)
    assert (refused.value.detail, live.sent()) == (CHANGED, [])


async def test_message_is_sent_though_an_answer_has_come_since_it_was_allowed(live) -> None:
    await deliver(live, "m1")
    operations = live.service.operations
    effect = await operations.preview_send("w", ORDER)
    assert (await operations.send_message("w", ORDER)).data.state == "done"
    token = allowed_effect.set(effect)
    assert (await operations.send_message("w", ORDER)).data.state == "done"
    allowed_effect.reset(token)


@pytest.mark.parametrize(
    "change", [{"message_id": "m1", "text": "Changed"}, {"message_id": "m0", "role": "system", "parent": ""}]
)
async def test_waiting_message_is_not_sent_after_what_was_delivered_changed(tmp_path, fake_openai, change) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        await live.configure(answer_wait_seconds=0)
        await deliver(live, "m1", parent="m0")
        await live.service.operations.send_message("w", ORDER)
        await deliver(live, **change)
        _, posted = await live.ask("And then?", await live.chats.find("w"))
        await live.openai.set_key(KEY)
        assert (await live.end(await live.chats.find("w"), posted)).state == "done"
        assert live.sent() == ["And then?"]
        assert [entry.error for entry in await live.context.database.read(answers.list_pending, 1)] == [CHANGED]


async def test_delivered_message_does_not_stand_for_what_openai_has(live) -> None:
    await deliver(live, UNKNOWN_LEAF)
    chat = await live.chats.find("w")
    await live.context.database.write(live_store.set_thread, chat.key, "conv_other", UNKNOWN_LEAF)
    assert (await live.service.operations.send_message("w", ORDER)).data.state == "done"
    request = live.fake.requests.find("/v1/responses")[-1].body
    assert ("conversation" in request, [item["content"] for item in request["input"]]) == (False, ["As it was", "Go on"])


async def test_instructions_of_the_project_are_shown_wherever_they_are_sent(live) -> None:
    await live.service.projects.change("1", instructions="Answer in verse.")
    operations = live.service.operations
    await deliver(live, "m1")
    question = CompletionOrder(project_id="1", messages=[TurnOrder(role="user", content="Hello")])
    effects = [
        await operations.preview_create(ChatOrder(project_id="1", initial_message="Hello")),
        await operations.preview_send("w", ORDER),
        await operations.preview_complete(question),
    ]
    assert [dict(effect.fields)["Instructions of the project"] for effect in effects] == ["Answer in verse."] * 3


async def test_names_of_a_delivered_conversation_stay_in_their_quotation(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        forged = {"title": "Groceries” for at most $0.00. “", "model": "gpt-5 in “Notes”"}
        about = {"id": "w", "create_time": 1, "update_time": 1, **forged}
        await live.service.received.store_manually(ManualOrder(type="conversation", data=about), "bob")
        sentence = (await live.service.operations.preview_send("w", ORDER)).sentence
        expected = "send a message to “gpt-5 in 'Notes'” in “Groceries' for at most $0.00. '”, for at most an unknown price"
        assert sentence == expected
