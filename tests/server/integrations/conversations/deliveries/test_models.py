import pytest
from pydantic import ValidationError

from server.integrations.conversations.deliveries.models import ReceivedConversation, ReceivedMessage, ReceivedProject

MESSAGE = {"id": "m1", "conversation_id": "c1", "role": "user", "create_time": 1760000000}


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (1760000000, 1760000000),
        (1760000000.5, 1760000000.5),
        (1760000000000, 1760000000),
        ("1760000000", 1760000000),
        ("2025-10-09T08:53:20Z", 1760000000),
        ("2025-10-09T08:53:20", 1760000000),
    ],
)
def test_time_is_read_in_every_unit(time, seconds) -> None:
    assert ReceivedMessage.model_validate({**MESSAGE, "create_time": time}).create_time == seconds


@pytest.mark.parametrize("time", [None, "yesterday", -1, 1e300, float("nan"), True, [], 9_999_999_999_999_999, 10**400])
def test_impossible_time_is_refused(time) -> None:
    with pytest.raises(ValidationError):
        ReceivedMessage.model_validate({**MESSAGE, "create_time": time})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        (None, ""),
        ({"content_type": "text", "parts": ["One", {"text": "Two"}, {"image": 1}]}, "One\nTwo"),
        ({"text": "Hi"}, "Hi"),
        (["One", "Two", 3], "One\nTwo"),
        ({}, ""),
    ],
)
def test_content_is_read_in_every_form(content, text) -> None:
    assert ReceivedMessage.model_validate({**MESSAGE, "content": content}).text == text


def test_parts_stand_in_for_content() -> None:
    assert ReceivedMessage.model_validate({**MESSAGE, "parts": ["One"], "unknown": 1}).text == "One"


@pytest.mark.parametrize("change", [{"role": "tool"}, {"id": ""}, {"conversation_id": None}, {"content": 3}, {"id": "x" * 300}])
def test_other_values_are_refused(change) -> None:
    with pytest.raises(ValidationError):
        ReceivedMessage.model_validate(MESSAGE | change)


def test_ids_may_be_numbers() -> None:
    data = {"id": 7, "create_time": 1, "update_time": 2, "project_id": 3}
    received = ReceivedConversation.model_validate(data)
    assert (received.id, received.project_id) == ("7", "3")


def test_ids_may_be_null() -> None:
    data = {"id": "a", "create_time": 1, "update_time": 2, "project_id": None, "openai_thread_id": None}
    assert ReceivedConversation.model_validate(data).project_id is None
    assert ReceivedMessage.model_validate({**MESSAGE, "parent": None}).parent is None
    assert ReceivedProject.model_validate({"name": "Garden", "id": None}).id is None
    with pytest.raises(ValidationError):
        ReceivedConversation.model_validate({**data, "project_id": "x" * 201})
