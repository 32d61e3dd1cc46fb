"""Partial answers: the `fields` parameter that every Google API takes.

https://developers.google.com/workspace/gmail/api/guides/performance
"""

import re
from typing import Any

from server.integrations.gmail.fake.google import GoogleError, JsonObject

Mask = dict[str, "Mask"]


def choose_fields(answer: JsonObject, fields: str) -> JsonObject:
    """Answer only these fields, such as `id,payload(headers,parts/filename)`; everything without any."""
    if not fields:
        return answer
    tokens = re.findall(r"[A-Za-z0-9_]+|[^\s]", fields)
    mask = _read_list(tokens)
    if tokens:
        raise GoogleError(400, f"Invalid field selection {fields}")
    cut: JsonObject = _cut(answer, mask)
    return cut


def _read_list(tokens: list[str]) -> Mask:
    mask: Mask = {}
    while tokens:
        name = _check_name(tokens.pop(0))
        mask[name] = _read_below(tokens)
        if not tokens or tokens[0] != ",":
            break
        tokens.pop(0)
    return mask


def _read_below(tokens: list[str]) -> Mask:
    if tokens[:1] == ["/"]:
        tokens.pop(0)
        name = tokens.pop(0) if tokens else ""
        return {_check_name(name): _read_below(tokens)}
    if tokens[:1] != ["("]:
        return {}
    tokens.pop(0)
    below = _read_list(tokens)
    if tokens[:1] != [")"]:
        raise GoogleError(400, "Invalid field selection (")
    tokens.pop(0)
    return below


def _check_name(name: str) -> str:
    if not (name.isidentifier() or name == "*"):
        raise GoogleError(400, f"Invalid field selection {name}")
    return name


def _cut(value: Any, mask: Mask) -> Any:
    if not mask:
        return value
    if isinstance(value, list):
        return [_cut(one, mask) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _cut(below, mask.get(name, mask.get("*", {}))) for name, below in value.items() if name in mask or "*" in mask}
