"""Input and output schemas of tools, as JSON Schemas that every client's model can be given.

They are made from the OpenAPI document, whose optional values are simple already. Here references are written out, names of
models are dropped, a default is said in words, and each schema is an object. What OpenAI is strict about:
platform.openai.com/docs/guides/structured-outputs.
"""

import json
from collections.abc import Mapping
from typing import Any

from server.projections.failures import SCHEMAS
from server.projections.openapi import Pending
from server.sdk.operation import Accepted

Schema = dict[str, Any]

JSON = "application/json"
WHOLE_BODY = "body"  # the argument that is a whole body
RESULT = "result"  # where an answer stands that is no object
NEXT_PAGE = "next_page_token"
NEXT_PAGE_HEADER = "x-next-page-token"
MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
NOT_PORTABLE = {"title", "discriminator", "examples", "example", "const", "format", "default"}
NOTHING: tuple[Any, ...] = (None, "", [], {})
ACCEPTED = {name: {"type": "string", "description": str(field.description)} for name, field in Accepted.model_fields.items()}
PENDING = {name: {"type": "string", "description": str(field.description)} for name, field in Pending.model_fields.items()}


def make_input(document: Schema, operation: Schema) -> Schema:
    """Make the input schema: the parameters of the path and the query, and the fields of the body, side by side."""
    taken: dict[str, Schema] = {}
    required: list[str] = []
    for parameter in operation.get("parameters", []):
        taken[parameter["name"]] = write_out(parameter["schema"] | {"description": parameter.get("description", "")}, document)
        required += [parameter["name"]] if parameter.get("required") else []
    body = write_out(find_body(operation), document)
    for name, field in body.get("properties", {}).items():
        if name in taken:
            raise ValueError(f"{operation['operationId']} takes {name} twice.")
        taken[name] = field
    return {
        "type": "object",
        "properties": taken,
        "required": required + list(body.get("required", [])),
        "additionalProperties": body.get("additionalProperties", False),
    }


def find_body(operation: Mapping[str, Any]) -> Schema:
    """Find the schema of a body's fields; a body without fields of its own is one argument."""
    schema = find_schema(operation.get("requestBody", {}))
    if not schema or "properties" in schema or "$ref" in schema:
        return schema
    return {"properties": {WHOLE_BODY: schema}, "required": [WHOLE_BODY]}


def make_output(document: Schema, operation: Schema, *, changes: bool, long: bool = False) -> tuple[Schema, bool]:
    """Make the output schema, and whether the answer is put under `result` because it is no object.

    Where the person may be asked first, nothing of it is promised, and the answer may be that they are being asked; neither
    where it may become a job.
    """
    done: Schema = next((answer for status, answer in operation["responses"].items() if status in {"200", "201"}), {})
    schema = write_out(find_schema(done), document)
    wraps = schema.get("type") != "object"
    if wraps:
        schema = {"type": "object", "properties": {RESULT: schema}, "required": [RESULT]}
        if schema["properties"][RESULT].get("type") == "array":
            schema["properties"][NEXT_PAGE] = {
                "type": "string",
                "description": "Give this for the next page, where there is one.",
            }
    if changes or long:
        schema["properties"] = (ACCEPTED if long else PENDING) | schema.get("properties", {})
        schema.pop("required", None)
    return schema, wraps


def find_schema(part: Mapping[str, Any]) -> Schema:
    """The schema of a body or an answer in JSON."""
    schema: Schema = part.get("content", {}).get(JSON, {}).get("schema", {})
    return schema


def write_out(node: Schema, document: Schema, within: tuple[str, ...] = ()) -> Schema:
    """A schema with what its references mean in their place; one that comes back to itself ends as any object."""
    reference = str(node.get("$ref", "")).removeprefix(SCHEMAS)
    if reference:
        described = {key: value for key, value in node.items() if key == "description"}
        if reference in within:
            return {"type": "object"} | described
        return write_out(document["components"]["schemas"][reference], document, (*within, reference)) | described
    written: Schema = {"type": node["type"]} if "type" in node else {}
    written |= {key: write_part(key, value, document, within) for key, value in node.items() if key not in NOT_PORTABLE}
    if node.get("default") not in NOTHING and "efault" not in written.get("description", ""):
        written["description"] = f"{written.get('description', '')} Default: {json.dumps(node['default'])}.".strip()
    if "const" in node:
        written["enum"] = [node["const"]]
    if written.get("type") == "array":
        written.setdefault("items", {"type": "string"})
    return written


def write_part(key: str, value: Any, document: Schema, within: tuple[str, ...]) -> Any:
    """One part of a schema, with what its references mean in their place."""
    if key == "properties":
        return {name: write_out(field, document, within) for name, field in value.items()}
    if key in MANY:
        return [write_out(choice, document, within) for choice in value]
    if key in {"items", "additionalProperties"} and isinstance(value, dict):
        return write_out(value, document, within)
    return value
