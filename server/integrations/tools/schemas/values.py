"""Values and limits in a JSON schema: those that importers read are copied; hidden text in one is not."""

import json
import re
from collections.abc import Mapping
from typing import Any

from server.integrations.tools.schemas.branches import enum_of
from server.integrations.tools.schemas.texts import Texts

MOST_VALUES = 500  # of an enum
LONGEST_PATTERN = 500
LONGEST_DEFAULT = 2_000
FORMAT = re.compile(r"[A-Za-z][A-Za-z0-9._:/-]{0,39}")
COPIED = {
    *("minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    *("minProperties", "maxProperties", "deprecated", "readOnly", "writeOnly"),
}


def add_values(schema: Mapping[str, Any], result: dict[str, Any], texts: Texts) -> None:
    """Copy the limits and values of a schema."""
    result |= {name: schema[name] for name in COPIED if is_scalar(schema.get(name))}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and limit in result:  # as draft 4 has it
            result[exclusive] = result.pop(limit)
        elif is_number(schema.get(exclusive)):
            result[exclusive] = schema[exclusive]
    add_forms(schema, result, texts)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or not values:
        return
    if len(values) > MOST_VALUES:
        texts.note("A list of values in its input schema is too long to be shown.")
    elif values := [value for value in values if texts.is_plain(value)]:
        result |= enum_of(values, result)


def add_forms(schema: Mapping[str, Any], result: dict[str, Any], texts: Texts) -> None:
    """Copy the format, the pattern and the default."""
    form, pattern, default = schema.get("format"), schema.get("pattern"), schema.get("default")
    if isinstance(form, str) and FORMAT.fullmatch(form):
        result["format"] = form
    if isinstance(pattern, str) and len(pattern) <= LONGEST_PATTERN and texts.is_plain(pattern):
        result["pattern"] = pattern
    if default is not None and len(json.dumps(default)) <= LONGEST_DEFAULT and texts.is_plain(default):
        result["default"] = default


def is_scalar(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
