"""A tool is an operation as MCP tells it: what it is called, takes and answers, and what it may do to the world."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.projections.mcp.schemas import WHOLE_BODY, Schema, find_body, make_input, make_output
from server.projections.openapi import walk_operations
from server.sdk.operation import Operation


@dataclass(frozen=True)
class Hints:
    """What a client may know before it asks its person: the four annotations of MCP."""

    reads_only: bool
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
    hints: Hints
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """How a tool's arguments become a call. `places`: path or query, by the argument's name; the others are the body's.

    `whole_body`: one of them is the body itself.
    """

    tool: Tool
    operation: Operation
    method: str
    path: str
    places: Mapping[str, str] = field(default_factory=dict)
    has_body: bool = False
    whole_body: bool = False
    wraps: bool = False


def make_plans(document: Schema, operations: Mapping[str, Operation]) -> dict[str, Plan]:
    """The plan of every operation in a document, by its name and in the document's order."""
    found = {}
    for path, method, told in walk_operations(document):
        operation = operations[told["operationId"]]
        found[operation.name] = make_plan(document, path, method, told, operation)
    return found


def make_plan(document: Schema, path: str, method: str, told: Mapping[str, Any], operation: Operation) -> Plan:
    """The plan of one operation, as the document tells it."""
    answers, wraps = make_output(document, dict(told), changes=operation.changes)
    tool = Tool(
        operation.name,
        make_title(operation.name),
        told.get("description") or operation.summary,
        make_input(document, dict(told)),
        answers,
        Hints(not (operation.changes or operation.ingests), operation.destructive, operation.idempotent, operation.open_world),
        (operation.scope,) if operation.scope else (),
    )
    places = {parameter["name"]: parameter["in"] for parameter in told.get("parameters", [])}
    body = find_body(told)
    return Plan(tool, operation, method.upper(), path, places, bool(body), WHOLE_BODY in body.get("properties", {}), wraps)


def make_title(name: str) -> str:
    """A name as a person reads it."""
    return name.replace("_", " ").capitalize()
