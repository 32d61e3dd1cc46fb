"""Failures in documents, of a router with an error format of its own."""

from collections.abc import Mapping
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field

from server.http.error_format import ErrorFormat, Failure
from server.projections.openapi import make_document
from server.sdk.operation import Operations


class Reason(BaseModel):
    """Why."""

    text: str = Field(description="A sentence.")


class Refusal(BaseModel):
    """A failure."""

    error: Reason = Field(description="Why.")


def write(failure: Failure) -> Mapping[str, Any]:
    return {"error": {"text": failure.detail}}


def test_failures_of_a_router_are_described_as_they_are_answered() -> None:
    things = Operations(prefix="/things", title="Things", errors=ErrorFormat(Refusal, write))

    @things.operation("GET", "", scope="read:things")
    async def list_things(most: int = 1) -> list[str]:
        """List the things."""
        return [""] * most

    document = make_document(things.routes, address="https://desk.example.org", title="T", version="1")
    OpenAPIV31SpecValidator(document).validate()
    responses = document["paths"]["/things"]["get"]["responses"]
    assert {"200", "400", "401", "503"} <= set(responses)
    assert "422" not in responses
    assert responses["400"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    assert responses["503"]["headers"]["Retry-After"]
    assert {"Refusal", "Reason"} <= set(document["components"]["schemas"])
