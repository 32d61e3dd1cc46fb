import pytest

from server.core.errors import InvalidInput
from server.integrations.omi.models import DEFAULT_UID, Kind
from server.integrations.omi.parsers import Post, choose_uid, read_post

NOW = "2026-11-21T12:00:00+00:00"


def read(body: bytes, kind: Kind = Kind.memory, uid: str = "", **more):
    return read_post(Post(kind, uid, body, "a test", **more), NOW)


def test_the_uid_stands_in_the_address_or_in_the_body_or_is_the_usual_one() -> None:
    assert read(b'{"uid": "inside"}', uid="outside").uid == "outside"
    assert read(b'{"uid": "inside"}').uid == "inside"
    assert read(b"{}").uid == DEFAULT_UID


@pytest.mark.parametrize("uid", ["a b", "x" * 129, "é", "../a", "a\n"])
def test_what_omi_would_call_nobody_is_refused(uid) -> None:
    with pytest.raises(InvalidInput):
        choose_uid(Post(Kind.memory, uid, b"", ""), None)


def test_white_space_and_order_make_no_other_delivery() -> None:
    assert read(b'{"a": 1, "b": 2}').digest == read(b'{ "b":2,"a":1}').digest
    assert read(b'{"a": 1}').digest != read(b'{"a": 2}').digest
    assert read(b"[]", Kind.transcript, session="x").digest != read(b"[]", Kind.transcript, session="y").digest
