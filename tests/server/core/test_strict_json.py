import pytest

from server.core.strict_json import parse_json


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}', rb'{"a": "\ud800"}', b"{", b"\xff", b"9" * 5000, b"[" * 100_000]
)
def test_non_portable_json_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_json(body)


def test_ordinary_json_is_read() -> None:
    assert parse_json('{"a": [1, 2.5e3, "ü\\u00fc", null]}'.encode()) == {"a": [1, 2500.0, "üü", None]}
