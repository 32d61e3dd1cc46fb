import pytest
from pydantic import ValidationError

from server.integrations.omi.models import Mark, OmiSettings


def test_retention_is_unlimited_by_default() -> None:
    assert OmiSettings().keep_days == 0
    with pytest.raises(ValidationError):
        OmiSettings(keep_days=-1)


def test_mark_refuses_other_fields() -> None:
    with pytest.raises(ValidationError):
        Mark.model_validate({"done": True})
