import time

import pytest

from server.core.errors import InvalidInput
from server.sdk.tool_schema import LONGEST_PARAMETER, ArgumentValidator, write_out

TREE = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
BOMB = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(4)} | {"d4": {}}


def written(field, **schema):
    return write_out({"type": "object", "properties": {"a": field}, **schema})["properties"]["a"]


@pytest.mark.parametrize(
    ("field", "defs", "expected"),
    [
        ({"$ref": "#/$defs/name"}, {"name": {"type": "string"}}, {"type": "string"}),
        ({"$ref": "#/$defs/a~1b%20c"}, {"a/b c": {"type": "integer"}}, {"type": "integer"}),
        (
            {"$ref": "#/$defs/x", "description": "Own."},
            {"x": {"type": "string", "description": "X."}},
            {"type": "string", "description": "Own."},
        ),
        ({"$ref": "#/$defs/x", "minLength": 2}, {"x": {"type": "string"}}, {"allOf": [{"type": "string"}, {"minLength": 2}]}),
        ({"$ref": "#/$defs/gone"}, {}, {}),
        ({"$ref": "https://example.com/schema.json"}, {}, {}),
        ({"$ref": "other.json#/x"}, {}, {}),
        ({"anyOf": [True, {"$ref": "#/$defs/x"}]}, {"x": False}, {"anyOf": [{}, {"not": {}}]}),
        (
            {"type": "array", "items": [{"$ref": "#/$defs/x"}]},
            {"x": {"type": "null"}},
            {"type": "array", "items": [{"type": "null"}]},
        ),
        ({"default": {"$ref": "#/$defs/x"}}, {}, {"default": {"$ref": "#/$defs/x"}}),
    ],
)
def test_reference_is_replaced_by_what_it_means(field, defs, expected):
    assert written(field, **{"$defs": defs}) == expected


def test_property_that_is_named_like_a_keyword_stays():
    names = {"$ref": {"type": "string"}, "$defs": {"type": "string"}, "items": {"type": "string"}, "required": {"type": "string"}}
    assert write_out({"type": "object", "properties": names})["properties"] == names


def test_schema_that_comes_back_to_itself_ends():
    assert write_out(TREE)["properties"]["children"]["items"] == {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"type": "object"}}},
    }
    assert written({"$ref": "#/$defs/a"}, **{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": BOMB},
        {"type": "string"},
        [],
        None,
        {"properties": {"a": 1}},
        {"properties": []},
        {"required": "a"},
    ],
)
def test_schema_that_is_endless_or_of_no_object_is_refused(schema):
    with pytest.raises(InvalidInput):
        write_out(schema)


def test_deep_schema_is_refused():
    deep: dict = {}
    for _ in range(50_000):
        deep = {"not": deep}
    with pytest.raises(InvalidInput):
        write_out({"properties": {"a": deep}})


def test_schema_without_properties_has_none():
    assert write_out({}) == {"type": "object", "properties": {}}


def test_long_description_is_cut():
    assert len(written({"description": "a" * 1000})["description"]) == LONGEST_PARAMETER


@pytest.mark.parametrize("arguments", [{"a": 1}, {"b": "a" * 200 + "!"}, {"b": "bbb"}, {"c": ["x"]}])
def test_arguments_that_do_not_fit_are_refused_at_once(arguments):
    schema = {"properties": {"a": {"type": "string"}, "b": {"pattern": r"^(?=(a+)+$)(a|a)*$"}, "c": {"items": {"enum": [1]}}}}
    started = time.monotonic()
    with pytest.raises(ValueError, match=next(iter(arguments))):
        ArgumentValidator(write_out(schema)).check(arguments)
    assert time.monotonic() - started < 5


def test_arguments_that_fit_pass():
    ArgumentValidator(write_out(TREE), "http://json-schema.org/draft-07/schema#").check({"children": [{"children": []}]})


@pytest.mark.parametrize(
    "field", [{"pattern": "("}, {"type": "number", "minimum": "1"}, {"type": "what"}, {"pattern": "(a{1000}){1000}{1000}"}]
)
def test_schema_that_is_not_valid_is_refused(field):
    with pytest.raises(InvalidInput):
        ArgumentValidator(write_out({"properties": {"a": field}}))
