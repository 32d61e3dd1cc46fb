"""Alternatives of a JSON schema: merged where importers allow none, else a union."""

from collections.abc import Mapping
from typing import Any

NULLABLE = "May be null."


def union_of(parts: list[dict[str, Any]], *, nullable: bool = False) -> dict[str, Any]:
    """Combine alternatives: one stays as it is, values become one enum, others an anyOf. Equal ones count once."""
    unique: list[dict[str, Any]] = []
    for part in parts:
        if part not in unique:
            unique.append(part)
    if not unique:
        return {"enum": [None]} if nullable else {}
    if len(unique) == 1:
        result = dict(unique[0])
    elif all(part.keys() <= {"type", "enum"} and "enum" in part for part in unique):
        values = [value for part in unique for value in part["enum"]]
        kinds = {part.get("type") for part in unique}
        result = {"enum": values, **({"type": kinds.pop()} if len(kinds) == 1 and None not in kinds else {})}
    else:
        result = {"anyOf": unique}
    if nullable:
        result["description"] = " ".join(word for word in (result.get("description"), NULLABLE) if word)
    return result


def merge_branches(schema: Mapping[str, Any], branches: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the parts of `allOf`, `anyOf` or `oneOf` into one object schema.

    All properties are there; required are those of every alternative, or of any part of `allOf`.
    """
    every = isinstance(schema.get("allOf"), list)
    name = "allOf" if every else "anyOf" if isinstance(schema.get("anyOf"), list) else "oneOf"
    result = {key: value for key, value in schema.items() if key != name}
    if not branches:
        return result
    properties: dict[str, Any] = {}
    for part in (*branches, schema):
        given = part.get("properties")
        for key, value in given.items() if isinstance(given, Mapping) else ():
            properties[key] = {"anyOf": [properties[key], value]} if properties.get(key, value) != value and not every else value
    required = [set(names_of(branch)) for branch in branches]
    common = set[str]().union(*required) if every else set[str].intersection(*required)
    if every:
        for branch in branches:
            result = {**{key: value for key, value in branch.items() if key != "required"}, **result}
    if properties:
        result["properties"] = properties
    if common or names_of(schema):
        result["required"] = sorted(common | set(names_of(schema)))
    return result


def names_of(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
