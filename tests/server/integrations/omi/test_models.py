import pytest
from pydantic import ValidationError

from server.integrations.omi.models import Mark, OmiSettings


def test_what_omi_sends_is_kept_unless_the_person_says_otherwise() -> None:
    assert OmiSettings().keep_days == 0
    with pytest.raises(ValidationError):
        OmiSettings(keep_days=-1)


def test_a_mark_takes_no_other_field() -> None:
    with pytest.raises(ValidationError):
        Mark.model_validate({"done": True})
