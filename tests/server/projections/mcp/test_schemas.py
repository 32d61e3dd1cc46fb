import pytest

from server.projections.mcp.schemas import make_input, make_output, write_out

DOCUMENT = {
    "components": {
        "schemas": {
            "Mail": {
                "type": "object",
                "title": "Mail",
                "required": ["to"],
                "properties": {
                    "to": {"type": "string", "title": "To", "description": "Who."},
                    "title": {"type": "string", "default": "Hello", "description": "The subject."},
                    "kind": {"const": "mail"},
                    "files": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
                },
            },
            "File": {"type": "object", "properties": {"within": {"$ref": "#/components/schemas/File"}}},
        }
    }
}
MAIL = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Mail"}}}}


def test_input_schema_has_parameters_beside_the_fields_of_the_body():
    parameters = [
        {"name": "box", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Which box."},
        {"name": "most", "in": "query", "schema": {"type": "integer", "default": 10}, "description": "How many."},
    ]
    taken = make_input(DOCUMENT, {"operationId": "send", "parameters": parameters, "requestBody": MAIL})
    assert list(taken["properties"]) == ["box", "most", "to", "title", "kind", "files"]
    assert taken["required"] == ["box", "to"]
    assert taken["additionalProperties"] is False
    assert taken["properties"]["most"] == {"type": "integer", "description": "How many. Default: 10."}


def test_body_without_fields_is_one_argument():
    anything = {"content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}}
    taken = make_input(DOCUMENT, {"operationId": "keep", "requestBody": anything})
    assert taken["properties"] == {"body": {"type": "object", "additionalProperties": True}}
    assert taken["required"] == ["body"]


def test_references_are_written_out_and_keywords_that_are_not_portable_dropped():
    mail = write_out({"$ref": "#/components/schemas/Mail"}, DOCUMENT)
    assert "$ref" not in str(mail)
    assert "title" not in mail
    assert mail["properties"]["title"] == {"type": "string", "description": 'The subject. Default: "Hello".'}
    assert mail["properties"]["kind"] == {"enum": ["mail"]}
    assert mail["properties"]["files"]["items"]["properties"]["within"] == {"type": "object"}  # where it comes back to itself


def test_array_has_items():
    assert write_out({"type": "array"}, DOCUMENT)["items"]


def test_argument_name_used_twice_is_a_programming_error():
    both = {"operationId": "send", "parameters": [{"name": "to", "in": "query", "schema": {}}], "requestBody": MAIL}
    with pytest.raises(ValueError, match="twice"):
        make_input(DOCUMENT, both)


def test_bare_list_is_wrapped_with_the_token_of_the_next_page():
    names = {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
    schema, wraps = make_output(DOCUMENT, {"responses": {"200": {"content": names}}}, changes=False)
    assert wraps
    assert schema["required"] == ["result"]
    assert set(schema["properties"]) == {"result", "next_page_token"}


def test_output_schema_of_a_changing_operation_requires_nothing():
    schema, wraps = make_output(DOCUMENT, {"responses": {"201": MAIL}}, changes=True)
    assert not wraps
    assert "required" not in schema
    assert {"status", "approval_id", "summary", "poll", "to"} <= set(schema["properties"])
    assert make_output(DOCUMENT, {"responses": {"200": MAIL}}, changes=False)[0]["required"] == ["to"]
