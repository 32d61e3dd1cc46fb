import pytest
from pydantic import ValidationError

from server.integrations.conversations.live.views import NewMessageOrder, ProjectChange


def test_project_change_has_what_is_given_alone() -> None:
    assert ProjectChange.model_validate({"name": "x", "budget": "5"}).values == {"name": "x"}
    assert ProjectChange.model_validate({"retention_days": None, "model": None}).values == {"retention_days": None}
    assert ProjectChange().values == {}


@pytest.mark.parametrize("data", ["not base64!", 5])
def test_image_that_is_no_base64_is_refused(data) -> None:
    with pytest.raises(ValidationError):
        NewMessageOrder.model_validate({"attachments": [{"data": data}]})
