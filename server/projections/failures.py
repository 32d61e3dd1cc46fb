"""Failures in OpenAPI documents: problem documents, or what a router has in their place."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from server.http.error_format import ErrorFormat
from server.http.exception_handlers import phrase

SCHEMAS = "#/components/schemas/"
DESCRIPTIONS = {
    401: "The key is missing or unknown, or an account must be signed in to again.",
    403: "This client may not do that, or it has to be allowed first.",
    404: "There is no such thing.",
    409: "It does not fit what is there now, or the same call is running still.",
    413: "The request is too large.",
    422: "The request does not fit; the sentence says how.",
    429: "Too many calls; Retry-After says when to go on.",
    502: "The service behind this failed.",
    503: "This part is off, paused or busy.",
    504: "The service behind this took too long.",
}
REFERENCES = {str(status): {"$ref": f"#/components/responses/{status}"} for status in DESCRIPTIONS}


def describe_problems() -> dict[str, Any]:
    """Describe the failures that are problem documents, by status."""
    return {str(status): describe(status, text, "application/problem+json", "Problem") for status, text in DESCRIPTIONS.items()}


def list_failures(errors: ErrorFormat | None) -> dict[str, Any]:
    """List the failures of an operation: references to problem documents, or those of its router."""
    if errors is None:
        return REFERENCES
    answered = {errors.statuses.get(status, status): text for status, text in DESCRIPTIONS.items()}
    return {str(status): describe(status, text, "application/json", errors.model.__name__) for status, text in answered.items()}


def describe(status: int, text: str, media_type: str, model: str) -> dict[str, Any]:
    """Describe one failure."""
    answer: dict[str, Any] = {
        "description": f"{phrase(status)}. {text}",
        "content": {media_type: {"schema": {"$ref": SCHEMAS + model}}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answer


def make_schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Make the schemas of models, with those of their parts beside them."""
    schemas: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=SCHEMAS + "{model}")
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    return schemas
