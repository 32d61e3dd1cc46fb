"""Settings as forms: Deskhand's own sections and those of the integrations.

A field is in a form if it has a title; fields without one are internal, such as the signed-in accounts.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, ValidationError

from server.access.activity.entry import SECRET_NAMES
from server.access.activity.log import RETENTION, Retention
from server.access.approvals.approval import SECTION as APPROVALS
from server.access.approvals.approval import ApprovalSettings
from server.access.jobs.job import SECTION as JOBS
from server.access.jobs.job import JobSettings
from server.core.errors import InvalidInput, NotFound
from server.outbound.webhooks.models import SECTION as WEBHOOKS
from server.outbound.webhooks.models import WebhookSettings
from server.runtime.state import State

WORDS = {
    "greater_than_equal": "has to be {ge:g} or more",
    "greater_than": "has to be more than {gt:g}",
    "less_than_equal": "may be {le:g} at most",
    "less_than": "has to be less than {lt:g}",
    "string_too_short": "needs {min_length} characters or more",
    "string_too_long": "may have {max_length} characters at most",
    "too_long": "may have {max_length} entries at most",
    "enum": "has to be {expected}",
    "literal_error": "has to be {expected}",
}
KINDS = {"int": "has to be a whole number", "float": "has to be a number", "finite": "has to be a number"}
KINDS |= {"bool": "is either on or off", "string": "has to be a text", "list": "has to be a list", "missing": "is needed"}


@dataclass(frozen=True)
class Section:
    """Some settings. `name`: the stored section. The model's docstring is the text above the form.

    `apply`: makes a change effective if reading the settings again is not enough.
    """

    name: str
    title: str
    model: type[BaseModel]
    apply: Callable[[State], Awaitable[None]] | None = None


class SectionView(BaseModel):
    """A section as a form shows it."""

    name: str = Field(description="What to save it under.")
    title: str = Field(description="Its heading.")
    text: str = Field(description="What it is about.")
    form: dict[str, Any] = Field(alias="schema", description="The JSON schema of the values; `unit` says what a number counts.")
    values: dict[str, Any] = Field(description="What holds now.")
    defaults: dict[str, Any] = Field(description="What holds where nothing was set.")


async def forget_old(state: State) -> None:
    """Prune immediately by the new retention."""
    await state.activity.prune(state.context.settings.read(RETENTION, Retention))


class Places(BaseModel):
    """Paths on this computer."""

    data: str = Field(description="The folder of everything that Deskhand keeps.")
    files: str = Field(description="The folder of the files that are attached to mails or taken out of them.")
    secrets: str = Field(description="Where passwords and keys lie, in a sentence.")
    backup: str = Field(description="A good name for a backup that is made today.")


OWN = (
    Section(APPROVALS, "Approvals", ApprovalSettings),
    Section(JOBS, "Long calls", JobSettings),
    Section(RETENTION, "Activity history", Retention, forget_old),
    Section(WEBHOOKS, "Webhooks", WebhookSettings),
)


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/settings", dependencies=[Depends(state.runtime.wait)])

    @routes.get("")
    async def list_settings() -> list[SectionView]:
        """Lists the sections that a person can change."""
        return [view(state, section) for section in list_sections(state)]

    @routes.get("/places")
    async def read_places() -> Places:
        """Returns the data paths."""
        folders, today = state.home.folders, state.context.clock.now().astimezone().date()
        own = Path.home() / "Documents" if await asyncio.to_thread((Path.home() / "Documents").is_dir) else Path.home()
        return Places(
            data=show_path(folders.data),
            files=show_path(folders.files),
            secrets=state.context.secrets.place,
            backup=show_path(own / f"deskhand-{today.isoformat()}.zip"),
        )

    @routes.put("/{section}")
    async def save_settings(section: str, values: dict[str, Any]) -> SectionView:
        """Changes a section; fields that are left out stay as they are. It is on the disk when this answers."""
        chosen = next((known for known in list_sections(state) if known.name == section), None)
        if chosen is None:
            raise NotFound("There are no such settings.")
        await state.context.settings.change(chosen.name, chosen.model, lambda current: put_in(current, values))
        if chosen.apply:
            await chosen.apply(state)
        state.context.events.publish("settings", {"section": section})
        return view(state, chosen)

    return routes


def show_path(path: Path) -> str:
    """Write a path as text; what is no text in it becomes a question mark in a box."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def list_sections(state: State) -> list[Section]:
    """Deskhand's own sections, then those of the integrations that are there."""
    theirs = [
        Section(member.integration.name, member.integration.title, member.parts.settings)
        for member in state.runtime.members
        if member.parts and member.parts.settings
    ]
    return [section for section in (*OWN, *theirs) if list_fields(section.model)]


def list_fields(model: type[BaseModel]) -> dict[str, Any]:
    """Form fields by name, with the nested fields of each or None; never a secret."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            if inner := list_fields(field.annotation):
                fields[name] = inner
        elif field.title and not any(secret in name for secret in SECRET_NAMES):
            fields[name] = None
    return fields


def view(state: State, section: Section) -> SectionView:
    """Show a section as it is now."""
    fields = list_fields(section.model)
    current = state.context.settings.read(section.name, section.model)
    return SectionView(
        name=section.name,
        title=section.title,
        text=" ".join(inspect.cleandoc(section.model.__doc__ or "").split()),
        schema=make_form(section.model.model_json_schema(), fields),
        values=pick(current.model_dump(mode="json"), fields),
        defaults=pick(section.model().model_dump(mode="json"), fields),
    )


def make_form(schema: Mapping[str, Any], fields: Mapping[str, Any], kinds: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A schema with the fields of the form only, and with what it refers to in its place."""
    kinds = schema.get("$defs", {}) if kinds is None else kinds
    shown = {}
    for name, inner in fields.items():
        field = dict(schema["properties"][name])
        if "$ref" in field:
            field = {**kinds[field.pop("$ref").rpartition("/")[2]], **field}
        shown[name] = make_form(field, inner, kinds) if inner else field
    return {"type": "object", "properties": shown}


def pick(values: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these fields."""
    return {name: pick(values[name], inner) if inner else values[name] for name, inner in fields.items()}


def put_in(current: BaseModel, values: Mapping[str, Any]) -> BaseModel:
    """Put values from a form into a section. Raises InvalidInput, which names each wrong field."""
    model = type(current)
    try:
        return model.model_validate(merge(current.model_dump(mode="json"), values, list_fields(model)))
    except ValidationError as error:
        wrong = [{"field": ".".join(map(str, problem["loc"])), "message": put_in_words(problem)} for problem in error.errors()]
        titles = {name: field.title for name, field in model.model_fields.items()}
        names = (titles.get(problem["field"]) or problem["field"] or "This" for problem in wrong)
        message = " ".join(f"{name} {problem['message']}." for name, problem in zip(names, wrong, strict=True))
        raise InvalidInput(message, errors=wrong) from None


def merge(current: dict[str, Any], values: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values into others. Raises InvalidInput for a field without a form control."""
    if unknown := sorted(values.keys() - fields.keys()):
        raise InvalidInput(f"There is no setting {', '.join(unknown)}.")
    merged = dict(current)
    for name, value in values.items():
        nested = fields[name] and isinstance(value, Mapping)
        merged[name] = merge(current[name], value, fields[name]) if nested else value
    return merged


def put_in_words(problem: Mapping[str, Any]) -> str:
    """Format a validation error so that it continues the field's title."""
    if words := WORDS.get(problem["type"]):
        return words.format(**problem["ctx"])
    kind = KINDS.get(problem["type"].partition("_")[0])
    return kind or str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
