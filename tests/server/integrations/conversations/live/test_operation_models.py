import pytest
from pydantic import ValidationError

from server.integrations.conversations.live.operation_models import ChatOrder, CompletionOrder, MessageOrder, write_id


def test_project_id_may_be_a_number_or_a_text() -> None:
    assert [ChatOrder.model_validate({"projectId": value}).project_id for value in (1, "1")] == ["1", "1"]
    assert [write_id(value) for value in ("1", "g-p-1", "9" * 30)] == [1, "g-p-1", "9" * 30]


def test_content_may_be_in_parts() -> None:
    parts = [{"type": "text", "text": "One"}, {"text": "Two"}]
    order = CompletionOrder.model_validate({"messages": [{"role": "user", "content": parts}]})
    assert order.messages[0].text == "One\nTwo"


@pytest.mark.parametrize("order", [{"projectId": True}, {"projectId": 1.5}, {"projectId": []}])
def test_other_ids_are_refused(order) -> None:
    with pytest.raises(ValidationError):
        ChatOrder.model_validate(order)


def test_role_of_a_message_is_one_of_three() -> None:
    with pytest.raises(ValidationError):
        MessageOrder.model_validate({"message": "x", "role": "tool"})
