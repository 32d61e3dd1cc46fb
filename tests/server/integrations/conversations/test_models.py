import pytest
from pydantic import ValidationError

from server.integrations.conversations.models import ConversationsSettings, Details


def test_details_without_anything_are_empty() -> None:
    assert Details.model_validate({}).model_dump(exclude_defaults=True) == {}


@pytest.mark.parametrize(
    "settings",
    [{"answer_wait_seconds": 45}, {"messages_at_once": 0}, {"retry_seconds": 0}, {"restore_minutes": -1}],
    ids=lambda settings: next(iter(settings)),
)
def test_limits_that_cannot_be_kept_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ConversationsSettings.model_validate(settings)
