import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.schemas.portable import make_portable
from server.integrations.tools.trial import check_arguments

SCHEMA = {
    "type": "object",
    "properties": {"limit": {"type": "integer", "minimum": 1}, "sort": {"enum": ["name", "date"]}},
    "required": ["limit"],
}


def test_arguments_are_checked_before_the_server_is_called():
    schema = make_portable(SCHEMA)
    check_arguments(schema, {"limit": 2, "sort": "name"})
    for wrong in ({}, {"limit": 0}, {"limit": "two"}, {"limit": 1, "sort": "size"}):
        with pytest.raises(InvalidInput, match="do not fit"):
            check_arguments(schema, wrong)
