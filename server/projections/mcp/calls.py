"""Conversion of a tool's arguments to a request of its operation, and of its response to the tool's result."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from server.core.errors import InvalidInput, NotFound
from server.http.exception_handlers import SENTENCES
from server.http.in_process import InternalRequest, InternalResponse
from server.projections.mcp.schemas import NEXT_PAGE, NEXT_PAGE_HEADER, RESULT, WHOLE_BODY, Schema
from server.projections.mcp.tools import ToolBinding
from server.projections.openapi import NULL
from server.sdk.assets import Assets
from server.sdk.content import Block, Kind

WAITS = (
    "Nothing has been done yet: the person at the computer is being asked. Tell them so, do not send it again, "
    "and look with read_approval, giving it the approval_id, for how they decided."
)

RUNS = "It takes longer and goes on. Do not send it again: look with read_job, giving it the job_id, for its result."


@dataclass(frozen=True)
class Answer:
    """A tool's result: an object, the same as text, and whether it failed. `parts`: the content instead of the texts."""

    structured: dict[str, Any] | None
    texts: tuple[str, ...]
    failed: bool = False
    parts: tuple[Block, ...] = ()


def fail(sentence: str) -> Answer:
    """Make a result that says what went wrong and what to do."""
    return Answer(None, (sentence,), failed=True)


def succeed(structured: dict[str, Any], *more: str) -> Answer:
    """Make a result of an object and the same as text."""
    return Answer(structured, (json.dumps(structured, ensure_ascii=False), *more))


def make_request(binding: ToolBinding, arguments: Mapping[str, Any]) -> InternalRequest:
    """Put each argument where its operation has it. What is null counts as left out. Raises InvalidInput."""
    given = leave_out_nulls(arguments)
    check_names(binding, given)
    path, query, body = binding.path, [], {}
    for name, value in given.items():
        location = binding.locations.get(name, "body")
        if location == "path":
            path = path.replace(f"{{{name}}}", encode(value))
        elif location == "query":
            query += [(name, to_text(item)) for item in (value if isinstance(value, list) else [value])]
        else:
            body[name] = value
    content = json.dumps(body[WHOLE_BODY] if binding.whole_body else body).encode() if binding.has_body else b""
    return InternalRequest(binding.method, path, urlencode(query, errors="replace"), content)


def check_names(binding: ToolBinding, given: Mapping[str, Any]) -> None:
    """Raises InvalidInput for an argument that there is not, or one that is missing from the path."""
    properties = binding.tool.input_schema["properties"]
    closed = binding.tool.input_schema.get("additionalProperties") is False
    if closed and (strange := sorted(name for name in given if name not in properties)):
        raise InvalidInput(
            f"{binding.tool.name} takes no {', '.join(strange)[:200]}. It takes: {', '.join(properties) or 'nothing'}."
        )
    if missing := [name for name in binding.tool.input_schema["required"] if name not in given]:
        raise InvalidInput(f"{binding.tool.name} needs {', '.join(missing)}.")


def leave_out_nulls(value: Any) -> Any:
    """The same without what is null: strict clients send every argument, and null for those that they mean to leave out."""
    if isinstance(value, list):
        return [leave_out_nulls(item) for item in value]
    if isinstance(value, Mapping):
        return {name: leave_out_nulls(item) for name, item in value.items() if item is not None}
    return value


def encode(value: Any) -> str:
    """Encode a value as one segment of a path."""
    return quote(to_text(value), safe="", errors="replace")


def to_text(value: Any) -> str:
    """Write a value as it stands in a URL."""
    return value if isinstance(value, str) else json.dumps(value)


def read_response(binding: ToolBinding, response: InternalResponse, assets: Assets | None = None) -> Answer:
    """Make a tool's result of its operation's response. `assets`: where the pictures of an answer in parts are."""
    body = read_body(response)
    if response.status >= 400:
        return fail(describe_failure(response.status, body))
    if response.status == 202 and isinstance(body, dict) and "approval_id" in body:
        # What only reads has promised the shape of its result, so that it waits can be said in words alone.
        return succeed(body, WAITS) if binding.operation.changes else fail(f"{WAITS} The approval_id is {body['approval_id']}.")
    if response.status == 202 and isinstance(body, dict) and "job_id" in body:
        return succeed(body, RUNS)
    if binding.operation.content and isinstance(body, dict) and "content" in body:
        parts = tuple(read_part(part, assets) for part in body["content"])
        return Answer(body.get("structuredContent"), (), parts=parts)
    if binding.wraps or not isinstance(body, dict):
        token = response.headers.get(NEXT_PAGE_HEADER)
        body = {RESULT: body} | ({NEXT_PAGE: token} if token else {})
    return succeed(omit_nulls(body, binding.tool.output_schema or {}))


def read_part(part: Mapping[str, Any], assets: Assets | None) -> Block:
    """Read one part of an answer, with the bytes of a picture in place of its link."""
    asset = assets.find(part["url"].rpartition("/")[2]) if assets and part.get("url") else None
    if asset and part["type"] != "resource_link":
        return Block(part["type"], data=asset.data, mime_type=asset.declared)
    kind: Kind = "resource_link" if part["type"] == "resource_link" else "text"
    data = asset.data if asset else b""
    return Block(kind, part.get("text", ""), data, part.get("mimeType", ""), part.get("uri", ""), part.get("name", ""))


def omit_nulls(value: Any, schema: Schema) -> Any:
    """Leave out null fields that the schema does not know, though some operations say them."""
    if isinstance(value, list):
        return [omit_nulls(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    left = {name: item for name, item in value.items() if item is not None or fields.get(name, NULL).get("type") == "null"}
    return {name: omit_nulls(item, fields.get(name, {})) for name, item in left.items()}


def describe_failure(status: int, body: Any) -> str:
    """Describe a failure in a sentence. An argument that leads to no address leads to no thing."""
    detail = str(body.get("detail", "") if isinstance(body, dict) else body)
    return NotFound().detail if detail == SENTENCES[404] else detail or f"The answer is {status}."


def read_body(response: InternalResponse) -> Any:
    """Read a response's body as JSON, or else as text."""
    text = response.body.decode("utf-8", "replace")
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text
