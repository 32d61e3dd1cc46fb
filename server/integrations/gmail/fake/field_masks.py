"""Partial responses: the `fields` parameter of Google's APIs, as far as Deskhand uses it: `id,payload(headers,parts(filename))`.

https://developers.google.com/workspace/gmail/api/guides/performance
"""

import re
from typing import Any

from server.integrations.gmail.fake.google import GoogleError, JsonObject

Mask = dict[str, "Mask"]


def choose_fields(response: JsonObject, fields: str) -> JsonObject:
    """Reduce a response to these fields; without any, it stays whole."""
    if not fields:
        return response
    tokens = re.findall(r"\w+|\S", fields)
    mask = _read_list(tokens)
    if tokens:
        raise GoogleError(400, f"Invalid field selection {fields}")
    reduced: JsonObject = _reduce(response, mask)
    return reduced


def _read_list(tokens: list[str]) -> Mask:
    mask: Mask = {}
    separator = ","
    while separator == ",":
        name = tokens.pop(0) if tokens else ""
        if not name.isidentifier():
            raise GoogleError(400, f"Invalid field selection {name}")
        mask[name] = {}
        if tokens[:1] == ["("]:
            tokens.pop(0)
            mask[name] = _read_list(tokens)
            if tokens[:1] != [")"]:
                raise GoogleError(400, "Invalid field selection (")
            tokens.pop(0)
        separator = tokens.pop(0) if tokens[:1] == [","] else ""
    return mask


def _reduce(value: Any, mask: Mask) -> Any:
    if isinstance(value, list):
        return [_reduce(entry, mask) for entry in value]
    if not mask or not isinstance(value, dict):
        return value
    return {name: _reduce(below, mask[name]) for name, below in value.items() if name in mask}
