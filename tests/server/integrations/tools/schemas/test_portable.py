import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.tools.schemas.portable import make_portable

ANYTHING = {"type": "object", "properties": {}, "additionalProperties": True}


def rewrite(part: Any, **root: Any) -> Any:
    """Rewrite one property."""
    schema = make_portable({"type": "object", "properties": {"p": part}, **root}).schema
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema["properties"]["p"]


# The sixteen cases of the best-known gateway, and others of their kind.
@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "string", "description": "a"}, {"type": "string", "description": "a"}),
        ({"type": "integer", "default": 5}, {"type": "integer", "default": 5}),
        ({"type": "string", "default": None}, {"type": "string"}),
        ({"type": "null"}, {"enum": [None], "description": "Must be null."}),
        ({"type": "strange"}, {}),
        ({}, {}),
        (True, {}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        ({"type": "array", "items": {"type": "array"}}, {"type": "array", "items": {"type": "array", "items": {}}}),
        ({"type": "object"}, ANYTHING),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "properties": {}, "additionalProperties": False}),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b", "c", 1]},
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b"]},
        ),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": ["string", "null"]}, {"type": "string", "description": "May be null."}),
        ({"type": ["string"]}, {"type": "string"}),
        (
            {"type": ["array", "null"], "items": {"type": "string"}},
            {"type": "array", "items": {"type": "string"}, "description": "May be null."},
        ),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "T"},
            {"type": "string", "description": "T. May be null."},
        ),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, {"type": "string", "enum": ["a", "b"]}),
        ({"oneOf": [{"type": "string"}, {"type": "string"}]}, {"type": "string"}),
        ({"const": 5}, {"type": "integer", "enum": [5]}),
        ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}),
        ({"type": "string", "nullable": True}, {"type": "string", "description": "May be null."}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "string", "x-mcp-header": "Region", "$comment": "c"}, {"type": "string"}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
            {"type": "array", "items": {"type": "string"}, "description": 'In this order: [{"type": "string"}].', "maxItems": 1},
        ),
        (
            {"type": "object", "patternProperties": {"^x": {}}},
            {**ANYTHING, "description": 'Rules: {"patternProperties": {"^x": {}}}'},
        ),
        ({"not": {"type": "string"}, "description": "No text"}, {"description": 'No text. Rules: {"not": {"type": "string"}}'}),
        ({"allOf": [{"type": "string"}, {"maxLength": 5}]}, {"type": "string", "maxLength": 5}),
        ({"$ref": "#/$defs/D"}, {"type": "string", "description": "D"}),
        ({"$ref": "#/$defs/D", "description": "here"}, {"type": "string", "description": "here"}),
        ({"$ref": "#named"}, {"type": "integer"}),
        ({"$ref": "https://elsewhere/x"}, {"description": "May be anything; its form is described elsewhere."}),
        ({"$ref": "#/$defs/none", "description": "here"}, {"description": "here"}),
        ({"anyOf": [{"$ref": "#/$defs/D"}, {"type": "null"}]}, {"type": "string", "description": "D. May be null."}),
    ],
)
def test_property_is_portable(part: Any, expected: dict[str, Any]) -> None:
    defs = {"D": {"type": "string", "description": "D"}, "N": {"$anchor": "named", "type": "integer"}}
    assert rewrite(part, **{"$defs": defs}) == expected


def test_required_stays_required() -> None:
    schema = make_portable({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}).schema
    assert schema == {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}


def test_reference_to_a_parent_is_described() -> None:
    node = {"type": "object", "title": "Node", "properties": {"next": {"$ref": "#/$defs/Node", "description": "The next"}}}
    inner = rewrite({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": node}})["properties"]["next"]
    assert inner == {**ANYTHING, "description": "The next. Has the same form as “Node”, which contains it."}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"type": "object", "properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}},
        {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#/properties/a"}]}}},
        {"type": "object", "properties": {"a": {"anyOf": [{"$ref": "#/properties/a"}, {"$ref": "#/properties/a"}]}}},
        {"type": "object", "properties": {"a": {"items": {"$ref": "#/properties/a"}}}},
    ],
)
def test_recursion_ends(schema: dict[str, Any]) -> None:
    assert len(json.dumps(make_portable(schema).schema)) < 20_000


def test_schema_that_multiplies_is_cut() -> None:
    defs: dict[str, Any] = {
        f"L{level}": {"type": "object", "properties": {name: {"$ref": f"#/$defs/L{level + 1}"} for name in "abcdefghij"}}
        for level in range(4)
    }
    portable = make_portable({"$ref": "#/$defs/L0", "$defs": defs})
    assert len(json.dumps(portable.schema)) < 200_000
    assert any("too large" in note for note in portable.notes)


@pytest.mark.parametrize(
    "part",
    [
        {"enum": [f"{number}" * 90 for number in range(400)]},
        {"const": "x" * 50_000},
        {"type": "string", "description": "<! é" * 4_000},
        {"type": "string", "not": {"const": "x" * 50_000}},
    ],
)
def test_values_that_references_multiply_are_not_shown(part: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {f"p{number}": {"$ref": "#/$defs/X"} for number in range(500)}}
    portable = make_portable({**schema, "$defs": {"X": part}})
    assert portable.schema["properties"] == {}
    assert "too large" in portable.notes[0]


@pytest.mark.parametrize(
    "schema", [None, [], "x", 5, {"a": "x" * 300_000}, {"type": "object", "properties": []}, {"type": "array"}]
)
def test_invalid_schema_becomes_any_object(schema: Any) -> None:
    assert make_portable(schema).schema == ANYTHING


def test_alternatives_at_the_top_are_merged_and_described() -> None:
    parts = [{"type": "object", "properties": {name: {"type": "string"}}, "required": [name, "c"]} for name in "ab"]
    schema = make_portable({"anyOf": parts, "properties": {"c": {}}}).schema
    assert schema["properties"] == {"c": {}, "a": {"type": "string"}, "b": {"type": "string"}} or set(
        schema["properties"]
    ) == set("abc")
    assert schema["required"] == ["c"]
    assert schema["description"] == "Needs a and c, or b and c."
    assert "anyOf" not in schema


def test_hidden_characters_are_removed_and_noted() -> None:
    schema = {"type": "object", "properties": {"a\u200bb": {"type": "string", "description": "x\u202ey"}, "ok": {}}}
    portable = make_portable(schema)
    assert portable.schema["properties"] == {"ab": {"type": "string", "description": "xy"}, "ok": {}}
    assert len(portable.notes) == 2
    assert portable.restore({"ab": 1, "ok": 2}) == {"a\u200bb": 1, "ok": 2}


def test_long_name_of_a_property_is_cut_and_restored() -> None:
    portable = make_portable({"type": "object", "properties": {"x" * 100: {}}, "required": ["x" * 100]})
    assert portable.schema["required"] == ["x" * 64]
    assert portable.restore({"x" * 64: 1}) == {"x" * 100: 1}


def test_property_cannot_take_the_name_of_another() -> None:
    portable = make_portable({"type": "object", "properties": {"path": {}, "pa\u200bth": {}}})
    assert list(portable.schema["properties"]) == ["path"]
    assert portable.renamed == {}


def test_long_description_is_cut() -> None:
    assert len(rewrite({"type": "string", "description": "x" * 5_000})["description"]) == 700


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["object", "array", "string", "#", "#/properties/a", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "allOf", "oneOf", "$ref", "required", "enum", "const", "a", "not"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_schema_fails(schema: Any) -> None:
    result = make_portable(schema).schema
    assert result["type"] == "object"
    assert not {"$ref", "allOf", "oneOf", "$defs"} & set(list_keys(result))
    json.dumps(result)


def list_keys(value: Any) -> list[str]:
    """List the keywords of a schema, without the names of properties and what is in values."""
    if isinstance(value, list):
        return [key for item in value for key in list_keys(item)]
    if not isinstance(value, dict):
        return []
    inner = [
        key
        for name, item in value.items()
        if name not in {"enum", "default"}
        for key in list_keys(list(item.values()) if name == "properties" else item)
    ]
    return [*value, *inner]
