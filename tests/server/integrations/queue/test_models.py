from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from server.integrations.queue.models import (
    Chat,
    ClientRef,
    Decision,
    Prompt,
    PromptOrder,
    QueueSettings,
    ResponseType,
    ThinkingTime,
)
from server.integrations.queue.states import State, Status


def test_order_has_the_defaults_of_the_api() -> None:
    order = PromptOrder(message="Hello")
    assert (order.response_type, order.thinking_time, order.chat_id) == ("auto", "standard", None)


def test_empty_chat_id_is_a_new_chat() -> None:
    assert PromptOrder(message="Hello", chat_id=" ").chat_id is None
    assert PromptOrder(message="Hello", chat_id="abc").chat_id == "abc"


def test_thinking_time_outside_of_thinking_is_kept() -> None:
    assert PromptOrder(message="Hello", thinking_time="extended").thinking_time == "extended"


@pytest.mark.parametrize(
    "values",
    [
        {"message": ""},
        {"message": " \n"},
        {"message": "x", "response_type": "fast"},
        {"message": "x", "thinking_time": "long"},
        {"message": "x", "chat_id": "x" * 2_001},
        {"message": "x", "not_before": "2026-11-20T12:00:00"},
        {"message": "x", "priority": 1_001},
    ],
)
def test_wrong_order_is_refused(values) -> None:
    with pytest.raises(ValidationError):
        PromptOrder(**values)


def test_defaults_spare_the_account() -> None:
    assert (QueueSettings().pause_seconds, QueueSettings().daily_cap) == (2, 200)
    assert QueueSettings(daily_cap=None).daily_cap is None


def test_status_is_that_of_the_state() -> None:
    now = datetime.now(UTC)
    chat = Chat(1, None, None, now, now)
    prompt = Prompt("id", 1, ClientRef("a"), State.uncertain, "x", ResponseType.auto, ThinkingTime.standard, chat, now)
    assert prompt.status == Status.executing


def test_decision_that_it_was_answered_has_the_text() -> None:
    decision = Decision.answered("World", "abc")
    assert decision.result is not None
    assert (decision.result.text, decision.result.chat_id) == ("World", "abc")
    assert Decision.resend.result is None
