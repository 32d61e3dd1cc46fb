import pytest

from server.core.errors import InvalidInput
from server.integrations.omi.models import DEFAULT_UID, Kind
from server.integrations.omi.parsers import LONGEST_KEY, LONGEST_SESSION, IncomingDelivery, choose_uid, parse_delivery

NOW = "2026-11-21T12:00:00+00:00"


def read(body: bytes, kind: Kind = Kind.memory, uid: str = "", **more):
    return parse_delivery(IncomingDelivery(kind, uid, body, "a test", **more), NOW)


def test_uid_is_from_the_address_then_the_body_then_the_default() -> None:
    assert read(b'{"uid": "inside"}', uid="outside").uid == "outside"
    assert read(b'{"uid": "inside"}').uid == "inside"
    assert read(b"{}").uid == DEFAULT_UID


@pytest.mark.parametrize("uid", ["a b", "x" * 129, "é", "../a", "a\n"])
def test_malformed_uid_is_refused(uid) -> None:
    with pytest.raises(InvalidInput):
        choose_uid(IncomingDelivery(Kind.memory, uid, b"", ""), None)


def test_digest_ignores_white_space_and_order() -> None:
    assert read(b'{"a": 1, "b": 2}').digest == read(b'{ "b":2,"a":1}').digest
    assert read(b'{"a": 1}').digest != read(b'{"a": 2}').digest
    assert read(b"[]", Kind.transcript, session="x").digest != read(b"[]", Kind.transcript, session="y").digest


def test_long_keys_and_sessions_stay_different() -> None:
    first, second = (read(b"{}", key="k" * 300 + end).key for end in "ab")
    assert first != second
    assert max(len(first), len(second)) <= LONGEST_KEY
    first, second = (read(b"[]", Kind.transcript, session="s" * 300 + end) for end in "ab")
    assert (first.subject, first.stream) != (second.subject, second.stream)
    assert first.subject != second.subject
    assert len(first.subject) <= LONGEST_SESSION
    assert read(b"{}", key="short").key == "short"
