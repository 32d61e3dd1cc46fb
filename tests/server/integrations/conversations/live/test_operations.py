"""Operations of live conversations while OpenAI cannot be used. The usual case is in test_live_routes.py."""

import pytest

from server.integrations.conversations.live.effects import UNKNOWN_MODEL, UNKNOWN_PRICE
from server.integrations.conversations.live.operation_models import ChatOrder, MessageOrder
from server.sdk.operation import current_call
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio


class Caller:
    client_id = "c1"


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
