"""A tool is an operation as MCP tells it: what it is called, input_schema and output_schema, and what it may do to the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.projections.mcp.schemas import WHOLE_BODY, Schema, find_body, make_input, make_output
from server.projections.openapi import walk_operations
from server.sdk.operation import Operation


@dataclass(frozen=True)
class Annotations:
    """What a client may know before it asks its person: the four annotations of MCP."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@dataclass(frozen=True)
class Tool:
    """What a client is told of a tool. `scopes`: what a client's token needs for it."""

    name: str
    title: str
    description: str
    input_schema: Schema
    output_schema: Schema
    annotations: Annotations
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolBinding:
    """How a tool's arguments become a call. `locations`: path or query, by the argument's name; the others are the body's.

    `whole_body`: one of them is the body itself.
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
    """The binding of every operation in a document, by its name and in the document's order."""
    found = {}
    for path, method, told in walk_operations(document):
        operation = operations[told["operationId"]]
        found[operation.name] = make_binding(document, path, method, told, operation)
    return found


def make_binding(document: Schema, path: str, method: str, told: Mapping[str, Any], operation: Operation) -> ToolBinding:
    """The binding of one operation, as the document tells it."""
    output_schema, wraps = make_output(document, dict(told), changes=operation.changes)
    tool = Tool(
        operation.name,
        make_title(operation.name),
        told.get("description") or operation.summary,
        make_input(document, dict(told)),
        output_schema,
        Annotations(not (operation.changes or operation.keeps), operation.destroys, operation.repeats, operation.open_world),
        (operation.scope,) if operation.scope else (),
    )
    locations = {parameter["name"]: parameter["in"] for parameter in told.get("parameters", [])}
    body = find_body(told)
    return ToolBinding(
        tool, operation, method.upper(), path, locations, bool(body), WHOLE_BODY in body.get("properties", {}), wraps
    )


def make_title(name: str) -> str:
    """A name as a person reads it."""
    return name.replace("_", " ").capitalize()
