"""Tools: the operations as MCP describes them, with input and output schemas and annotations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.projections.mcp.schemas import WHOLE_BODY, Schema, find_body, make_input, make_output
from server.projections.openapi import walk_operations
from server.sdk.operation import Operation


@dataclass(frozen=True)
class Annotations:
    """The four annotations of MCP, which a client may show before it calls."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@dataclass(frozen=True)
class Tool:
    """A tool as clients see it. `scopes`: what a client's token needs for it. One that answers in parts has no output schema."""

    name: str
    title: str
    description: str
    input_schema: Schema
    output_schema: Schema | None
    annotations: Annotations
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolBinding:
    """The mapping of a tool's arguments to a request.

    `locations`: path or query, by the argument's name; the others are the body's.

    `whole_body`: an argument is the body itself.
    """

    tool: Tool
    operation: Operation
    method: str
    path: str
    locations: Mapping[str, str] = field(default_factory=dict)
    has_body: bool = False
    whole_body: bool = False
    wraps: bool = False


def make_bindings(document: Schema, operations: Mapping[str, Operation]) -> dict[str, ToolBinding]:
    """Bind every operation in a document that is a tool, by its name and in the document's order."""
    bindings, by_name = {}, {operation.public_name: operation for operation in operations.values()}
    for path, method, described in walk_operations(document):
        operation = by_name[described["operationId"]]
        if operation.asks:  # the others are for programs that speak another API
            bindings[operation.public_name] = make_binding(document, path, method, described, operation)
    return bindings


def make_binding(document: Schema, path: str, method: str, described: Mapping[str, Any], operation: Operation) -> ToolBinding:
    """Bind an operation as the document describes it."""
    output_schema, wraps = make_output(document, dict(described), changes=operation.changes, long=operation.long)
    tool = Tool(
        operation.public_name,
        operation.wording.title if operation.alias else operation.name.replace("_", " ").capitalize(),
        described.get("description") or operation.summary,
        make_input(document, dict(described)),
        None if operation.content else output_schema,
        Annotations(
            operation.is_reading,
            operation.destructive,
            operation.idempotent,
            operation.open_world,
        ),
        (operation.scope,) if operation.scope else (),
    )
    locations = {parameter["name"]: parameter["in"] for parameter in described.get("parameters", [])}
    body = find_body(described)
    return ToolBinding(
        tool, operation, method.upper(), path, locations, bool(body), WHOLE_BODY in body.get("properties", {}), wraps
    )
