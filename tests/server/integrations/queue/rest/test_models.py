import pytest
from pydantic import ValidationError

from server.integrations.queue.models import PromptOrder, ResponseType, ThinkingTime
from server.integrations.queue.rest.models import PromptView, SubmitOrder

SEED_FIELDS = (
    "id", "message", "response_type", "thinking_time", "status", "response", "error_message", "chat", "queued_at", "started_at",
    "completed_at",
)  # fmt: skip


def test_value_of_a_wrong_type_is_refused() -> None:
    with pytest.raises(ValidationError):
        SubmitOrder.model_validate({"message": "Hi", "thinking_time": {}})


def test_null_and_empty_text_mean_the_default() -> None:
    order = SubmitOrder.model_validate({"message": "Hi", "response_type": None, "thinking_time": "", "chat_id": None})
    assert (order.response_type, order.thinking_time, order.chat_id) == (ResponseType.auto, ThinkingTime.standard, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": " \n"},
        {"message": "x" * 1_000_001},
        {"message": "Hi", "response_type": "slow"},
        {"message": "Hi", "priority": 1_001},
        {"message": "Hi", "not_before": "2030-01-01T00:00:00"},
        {"message": "Hi", "not_before": "0001-01-01T00:00:00+23:59"},  # in UTC it is in no year
        {"message": "Hi", "not_before": "9999-12-31T23:59:59-23:59"},
        {"message": "Hi", "not_before": "1969-12-31T23:59:59Z"},
    ],
)
def test_order_that_does_not_fit_is_refused(body: dict) -> None:
    with pytest.raises(ValidationError):
        SubmitOrder.model_validate(body)


def test_order_has_the_fields_of_the_queue() -> None:
    assert set(SubmitOrder.model_fields) == set(PromptOrder.model_fields)


def test_prompt_begins_with_the_eleven_fields_of_its_clients() -> None:
    assert tuple(PromptView.model_fields)[:11] == SEED_FIELDS
