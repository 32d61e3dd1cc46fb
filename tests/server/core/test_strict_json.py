import json
import time

import pytest

from server.core import strict_json
from server.core.strict_json import TooManyValues, parse_json


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}', rb'{"a": "\ud800"}', b"{", b"\xff", b"9" * 5000, b"[" * 100_000]
)
def test_non_portable_json_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_json(body)


def test_ordinary_json_is_read() -> None:
    assert parse_json('{"a": [1, 2.5e3, "ü\\u00fc", null]}'.encode()) == {"a": [1, 2500.0, "üü", None]}


@pytest.mark.parametrize("item", [b"0", b'"a"', b'{"a":"b"}', b"[[]]", b'{"a":1,"b":2}', b'"\\\\"'])
def test_text_of_many_values_is_refused_before_they_are_made(item: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "from_json", None)
    with pytest.raises(TooManyValues, match="more than 100000 values"):
        parse_json(b"[" + b",".join([item] * 110_000) + b"]")


@pytest.mark.parametrize("text", ["x, [{y}] " * 100_000, 'He said, "No, [never]", \\", \\\\' * 50_000])
def test_separators_within_a_text_are_not_counted(text: str) -> None:
    assert parse_json(json.dumps([text, 1]).encode()) == [text, 1]
    assert parse_json(json.dumps([0] * 99_000).encode()) == [0] * 99_000


def test_number_too_large_is_refused_in_a_long_text_too() -> None:
    for number in (b"1e999", b"9" * 400 + b".0"):
        for text in (b"x", b"x" * 1_100_000):
            with pytest.raises(ValueError, match=r".+"):
                parse_json(b'["' + text + b'", ' + number + b"]")


def test_digits_are_searched_once() -> None:
    """A long run of digits takes about as long as the same number of short ones."""
    times = []
    for text in ((b"1" * 299 + b"a") * 3_000, b"1a" * 450_000):
        each = []
        for _ in range(3):
            begun = time.process_time()
            parse_json(b'["' + text + b'"]')
            each.append(time.process_time() - begun)
        times.append(min(each))
    assert times[0] < 4 * times[1], times
