"""Partial answers."""

from typing import Any

import pytest

from server.integrations.gmail.fake.field_masks import choose_fields
from server.integrations.gmail.fake.google import GoogleError

ANSWER = {"id": "1", "payload": {"headers": [{"name": "A", "value": "1"}], "parts": [{"filename": "x", "body": {"size": 1}}]}}


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ("", ANSWER),
        ("id", {"id": "1"}),
        ("payload(headers(name))", {"payload": {"headers": [{"name": "A"}]}}),
        ("id, payload(parts(filename,body(size)))", {"id": "1", "payload": {"parts": [{"filename": "x", "body": {"size": 1}}]}}),
        ("nothing", {}),
    ],
)
def test_only_what_is_chosen_is_left(fields: str, left: Any) -> None:
    assert choose_fields(ANSWER, fields) == left


@pytest.mark.parametrize("fields", ["a(", "a)", "a/b", "*", "(a)", "a(b", ",", "a b"])
def test_malformed_field_mask_is_refused(fields: str) -> None:
    with pytest.raises(GoogleError, match="Invalid field selection"):
        choose_fields(ANSWER, fields)
