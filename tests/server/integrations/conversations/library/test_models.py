import pytest
from pydantic import ValidationError

from server.integrations.conversations.library.library import decode_cursor, encode_cursor
from server.integrations.conversations.library.models import ChatChange, ListPlace


@pytest.mark.parametrize("time", [None, 0.0, 1_760_000_000.123456])
def test_place_of_a_list_is_the_same_after_its_cursor(time: float | None) -> None:
    place = ListPlace(updated_at=time, imported=True, key=5)
    assert decode_cursor(ListPlace, encode_cursor(place)) == place


def test_title_has_a_limit() -> None:
    with pytest.raises(ValidationError):
        ChatChange(title="x" * 501)
