"""OpenAPI 3.1.0 documents for ChatGPT's Actions and for scripts, made on request with the address of the moment.

ChatGPT's limits (developers.openai.com/api/docs/actions/production): 30 operations, descriptions of at most 300 characters,
700 for a parameter, one security scheme, no header parameters; unions with null confuse its editor.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi.dependencies.utils import get_flat_params
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel, Field
from starlette.routing import BaseRoute

from server.access.clients.presets import MOST_OPERATIONS
from server.http.error_format import ErrorFormat
from server.http.exception_handlers import Problem
from server.projections.failures import SCHEMAS, describe_problems, list_failures, make_schemas
from server.projections.security import name_scheme
from server.sdk.dynamic import LONGEST_DESCRIPTION
from server.sdk.operation import operation_of
from server.sdk.tool_schema import LONGEST_PARAMETER

NULL = {"type": "null"}
KINDS = {"string": str, "array": list, "object": dict, "boolean": bool}
DESCRIPTION = (
    "What this computer offers to ChatGPT and to scripts, as far as the person at it allows. "
    "Operations that change something run only when that person has allowed them. An answer 202 means that they are being asked."
)
LONGEST_TEXT = 8_000  # characters about a whole document


class Pending(BaseModel):
    """The call waits for approval. Nothing has happened yet."""

    status: str = Field(description="pending")
    approval_id: str = Field(description="The number of the question.")
    summary: str = Field(description="What the person is asked, in a sentence.")
    poll: str = Field(description="The path to look at for the decision.")


def select_routes(routes: Iterable[BaseRoute], names: Collection[str] | None) -> list[RouteContext]:
    """The routes of operations; of those named, where names are given."""
    contexts = iter_route_contexts(list(routes))
    pairs = [(route, operation_of(getattr(route, "endpoint", None))) for route in contexts]
    return [route for route, operation in pairs if operation and operation.listed and (names is None or operation.name in names)]


def make_document(
    routes: Iterable[BaseRoute],
    *,
    address: str,
    title: str,
    version: str,
    names: Collection[str] | None = None,
    signs_in: bool = False,
    scope_labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make the document of some operations, all if `names` is None, at this public address.

    `signs_in`: whether its client signs in (OAuth) and has no key.
    """
    selected = select_routes(routes, names)
    document = get_openapi(
        title=title,
        version=version,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=selected,
        servers=[{"url": address}],
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    components = document.setdefault("components", {})
    name_scheme(document, list_operations(document), address if signs_in else None, scope_labels or {})
    components["responses"] = describe_problems()
    formats = {route.operation_id: errors for route in selected if (errors := find_errors(route))}
    schemas = components.setdefault("schemas", {})
    schemas |= make_schemas([Problem, Pending, *(errors.model for errors in formats.values())])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in list_operations(document):
        finish_operation(operation, formats.get(operation["operationId"]))
    simplify(document)
    drop_unused(document)
    return document


def describe_document(instructions: Iterable[str]) -> str:
    """Describe a document, with what the sources of its operations say about them, in bounds."""
    text = " ".join((DESCRIPTION, *instructions))
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def list_operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """List a document's operations."""
    return [operation for _, _, operation in walk_operations(document)]


def walk_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Go through a document's operations: path, method, operation."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            yield path, method, operation


def find_errors(route: RouteContext) -> ErrorFormat | None:
    """Find the form of an operation's failures, if they are no problem documents."""
    operation = operation_of(getattr(route, "endpoint", None))
    return operation.errors if operation else None


def finish_operation(operation: dict[str, Any], errors: ErrorFormat | None = None) -> None:
    """Give an operation its failures, and its 202 where it changes something."""
    responses = operation["responses"]
    responses.pop("422", None)
    if operation["x-openai-isConsequential"]:
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pending"}}}
        responses.setdefault("202", {"description": "The person is being asked.", "content": content})
    responses |= list_failures(errors)
    drop_repetition(operation)


def drop_repetition(operation: dict[str, Any]) -> None:
    """Take out the description of an operation if it is its summary."""
    if operation.get("description", "").strip() == operation.get("summary"):
        del operation["description"]


def drop_unused(document: dict[str, Any]) -> None:
    """Take out the schemas that nothing in the document leads to: a field told in another form leaves its model behind."""
    schemas = document["components"]["schemas"]
    reached: set[str] = set()
    waiting = [document["paths"], document["components"]["responses"]]
    while waiting:
        for name in find_references(waiting.pop()) - reached:
            reached.add(name)
            waiting.append(schemas.get(name, {}))  # what looks like a reference may be an example in a dynamic operation
    document["components"]["schemas"] = {name: schema for name, schema in schemas.items() if name in reached}


def find_references(node: Any) -> set[str]:
    """Name the schemas that a part of a document refers to."""
    if isinstance(node, list):
        return set().union(*map(find_references, node))
    if not isinstance(node, dict):
        return set()
    reference = node.get("$ref", "")
    own = {reference.removeprefix(SCHEMAS)} if isinstance(reference, str) and reference.startswith(SCHEMAS) else set()
    return own.union(*map(find_references, node.values()))


def simplify(node: Any) -> None:
    """Turn `anyOf: [T, null]` into T, in place: what may be null is left out, and ChatGPT's editor stumbles over it."""
    if isinstance(node, list):
        for inner in node:
            simplify(inner)
    if not isinstance(node, dict):
        return
    if "default" in node and not isinstance(node["default"], KINDS.get(str(node.get("type")), object)):
        del node["default"]  # a field told in another form than it has
    if isinstance(node.get("required"), list) and "properties" in node:
        node["required"] = [name for name in node["required"] if NULL not in list_choices(node["properties"].get(name))]
    rest = [choice for choice in list_choices(node) if choice != NULL]
    if len(rest) == 1 and NULL in list_choices(node):
        del node["anyOf"]
        others = {key: value for key, value in node.items() if key != "default" or value is not None}
        node.clear()
        node |= rest[0] | others
    for inner in list(node.values()):
        simplify(inner)


def list_choices(node: Any) -> list[Any]:
    """The schemas of which one must hold, where there is a choice."""
    choices = node.get("anyOf") if isinstance(node, dict) else None
    return choices if isinstance(choices, list) else []


def describe_operations(routes: Iterable[BaseRoute], names: Collection[str]) -> list[dict[str, Any]]:
    """Describe operations for `find_excesses` as a document would, without its schemas: these take most of the time."""
    operations: list[dict[str, Any]] = []
    for route in select_routes(routes, names):
        fields = [(field.alias, field.field_info.description or "") for field in get_flat_params(route.dependant)]
        parameters = [{"name": name, "description": description} for name, description in fields]
        operation = {"operationId": route.operation_id, "summary": route.summary, "description": route.description}
        drop_repetition(operation)
        operations.append({**operation, "parameters": parameters})
    return operations


def find_excesses(operations: Sequence[Mapping[str, Any]]) -> list[str]:
    """List, in sentences, what ChatGPT's editor would refuse about a document with these operations."""
    excesses = []
    if len(operations) > MOST_OPERATIONS:
        excesses.append(
            f"It has {len(operations)} operations; ChatGPT allows {MOST_OPERATIONS}. Choose a preset, or fewer permissions."
        )
    for operation in operations:
        name = operation["operationId"]
        for part in ("summary", "description"):
            if len(operation.get(part, "")) > LONGEST_DESCRIPTION:
                excesses.append(f"The {part} of {name} is longer than {LONGEST_DESCRIPTION} characters.")
        for parameter in operation.get("parameters", []):
            if len(parameter.get("description", "")) > LONGEST_PARAMETER:
                excesses.append(
                    f"The description of {parameter['name']} of {name} is longer than {LONGEST_PARAMETER} characters."
                )
    return excesses
