from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from server.projections.openapi import simplify
from server.sdk.nullable import NullableNumber, NullableText, NullableTime


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (NullableText, "text", {"type": ["string", "null"]}),
        (NullableNumber, 7, {"type": ["integer", "null"]}),
        (NullableTime, datetime(2026, 1, 1, tzinfo=UTC), {"type": ["string", "null"], "format": "date-time"}),
    ],
)
def test_null_is_valid_and_stays_in_documents(kind, value, expected):
    adapter = TypeAdapter(kind)
    schema = adapter.json_schema()
    simplify(schema)
    assert schema == expected
    assert [adapter.validate_python(each) for each in (value, None)] == [value, None]
