"""Lists that callers send in another form: models often write one as a JSON string, or give a single value."""

from typing import Any

from server.core.strict_json import parse_json


def make_list(value: Any) -> list[Any]:
    """Make a list of what was sent for one: its items if it is a list or the JSON of one, else the value itself."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = parse_json(value.encode())
        except (ValueError, RecursionError):
            return [value]
    return value if isinstance(value, list) else [value]
