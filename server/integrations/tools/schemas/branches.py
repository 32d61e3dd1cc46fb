"""Alternatives of a JSON schema: merged where importers allow none, else a union."""

from collections.abc import Mapping
from typing import Any

from server.integrations.tools.schemas.texts import NULLABLE, join_sentences

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
MOST_CHOICES = 10
MOST_BRANCHES = 500


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
        result["description"] = join_sentences([result.get("description", ""), NULLABLE])
    return result


def list_branches(schema: Mapping[str, Any]) -> list[Any]:
    """List the parts of `allOf`, or else the alternatives of a schema."""
    for name in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            branches: list[Any] = schema[name][:MOST_BRANCHES]
            return branches
    return []


def enum_of(values: list[Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Write the values that are allowed, with their type if they share one and the schema has none."""
    kinds = {TYPES.get(type(value)) for value in values}
    if schema.keys() & {"type", "anyOf"} or len(kinds) > 1 or None in kinds:
        return {"enum": values}
    return {"type": kinds.pop(), "enum": values}


def describe_choices(schema: Mapping[str, Any], branches: list[Mapping[str, Any]]) -> str:
    """Describe which properties are needed together, if alternatives differ in that."""
    choices = [" and ".join(sorted(names_of(branch))) for branch in branches]
    if isinstance(schema.get("allOf"), list) or len(set(choices)) < 2:
        return ""
    return f"Needs {', or '.join(choice or 'none of these' for choice in choices[:MOST_CHOICES])}."


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
