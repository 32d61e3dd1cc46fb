"""Approval requests: listing them, and approving or denying one."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.access.clients.presets import describe_always
from server.runtime.state import State
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, Kind
from server.sdk.operation import Operation


class QuestionField(BaseModel):
    """A line of what will happen."""

    name: str = Field(description="What it is, such as To.")
    value: str = Field(description="Word for word.")


class ChoiceView(BaseModel):
    """A choice of a form."""

    value: str = Field(description="What is sent.")
    label: str = Field(description="What is shown.")


class FormFieldView(BaseModel):
    """A value that the person may enter."""

    name: str = Field(description="Its name.")
    label: str = Field(description="What is shown.")
    kind: Literal["text", "number", "boolean", "choice", "choices"] = Field(description="What it is.")
    description: str = Field(description="More about it.")
    required: bool = Field(description="Whether it must be entered.")
    default: str = Field(description="The usual value, as text.")
    choices: list[ChoiceView] = Field(description="The values of choice and choices.")


class QuestionView(BaseModel):
    """A question that waits."""

    id: str = Field(description="Its number.")
    kind: Kind = Field(description="What it is about.")
    client: str = Field(description="Who asks.")
    sentence: str = Field(description="What would be done: verb and object, without a full stop.")
    operation: str | None = Field(description="The operation's name, of a call.")
    fields: list[QuestionField] = Field(description="What would happen, word for word, in the order in which to read it.")
    asked_at: str = Field(description="When it was asked, ISO 8601 in UTC.")
    expires_at: str | None = Field(description="Until when it waits, ISO 8601 in UTC.")
    wants_code: bool = Field(description="Whether the yes needs the four digits that the asking browser shows.")
    extents: list[ApprovalDuration] = Field(description="How far a yes may go; the first is the usual one.")
    always: str = Field(description="What is permitted by always allowing it; empty if that is unknown.")
    recipients: list[str] = Field(description="Whom a yes to these recipients would stand for.")
    html: str = Field(
        description="What its recipients see, without scripts and pictures from elsewhere; empty if it has no HTML."
    )
    must_open: bool = Field(
        description="Whether the fields do not show all of it, so that it must be opened before it is approved."
    )
    form: list[FormFieldView] = Field(description="Values to enter, which are sent with the approval.")


class Yes(BaseModel):
    """An approval."""

    extent: ApprovalDuration = Field(ApprovalDuration.once, description="How far it goes.")
    code: str | None = Field(None, max_length=16, description="The 4-digit code, if it is needed.")
    values: dict[str, str | bool | int | float | list[str]] = Field({}, max_length=100, description="The values of its form.")


class No(BaseModel):
    """A denial."""

    reason: str = Field("", max_length=500, description="Why; the client reads it.")


class Source(BaseModel):
    """The full text of what a question cannot show completely."""

    text: str = Field(description="All of it.")


class Message(BaseModel):
    """Result of an approval or a denial."""

    message: str = Field(description="A sentence for the person.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes, questions = APIRouter(prefix="/approvals"), state.context.approval_requests

    @routes.get("")
    async def list_questions() -> list[QuestionView]:
        """Lists the pending approvals, oldest first."""
        operations = state.runtime.operations()
        return [view(question, operations) for question in await questions.list()]

    @routes.post("/{question_id}/open")
    async def open_source(question_id: str) -> Source:
        """Shows in full what a question cannot show completely, after which it can be approved."""
        return Source(text=await questions.open(question_id))

    @routes.post("/{question_id}/approve")
    async def approve(question_id: str, yes: Yes) -> Message:
        """Approves a request."""
        return Message(message=await questions.approve(question_id, yes.extent, yes.code, yes.values))

    @routes.post("/{question_id}/deny")
    async def deny(question_id: str, no: No) -> Message:
        """Denies a request."""
        return Message(message=await questions.deny(question_id, no.reason))

    return routes


def view(question: ApprovalRequest, operations: Mapping[str, Operation]) -> QuestionView:
    """Show a request."""
    operation = operations.get(question.operation or "")
    fields = [{"name": name, "value": value} for name, value in question.fields]
    more = {"must_open": bool(question.source), "always": describe_always(operation) if operation else ""}
    form = [
        asdict(field) | {"choices": [{"value": value, "label": label} for value, label in field.choices]}
        for field in question.form
    ]
    return QuestionView.model_validate(asdict(question) | {"fields": fields, "form": form} | more)
