"""Forms of servers: a flat JSON schema as fields that a person can fill in, and their values checked against it."""

from collections.abc import Mapping
from typing import Any

from server.core.errors import InvalidInput
from server.core.invisible import remove_hidden, show_line
from server.sdk.approval_requests import FormField, FormValues
from server.sdk.tool_schema import ArgumentValidator, write_out

MOST_FIELDS = 20
MOST_CHOICES = 100
LONGEST_NAME = 64
LONGEST_TEXT = 300
LONGEST_VALUE = 5_000
UNREADABLE = "Deskhand cannot show what it asks for."
NUMBERS = {"number", "integer"}
YES, NO = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}


def read_form(schema: Mapping[str, Any]) -> tuple[FormField, ...]:
    """Read the fields of a form. Raises InvalidInput if there is one that cannot be shown."""
    properties, required = schema.get("properties") or {}, schema.get("required") or []
    if not isinstance(properties, Mapping) or not isinstance(required, list) or len(properties) > MOST_FIELDS:
        raise InvalidInput(UNREADABLE)
    return tuple(read_field(name, part, required=name in required) for name, part in properties.items())


def read_field(name: str, part: Any, *, required: bool) -> FormField:
    """Read one field. Raises InvalidInput."""
    if not isinstance(part, Mapping) or not 0 < len(name) <= LONGEST_NAME or show_line(name) != name or "=" in name:
        raise InvalidInput(UNREADABLE)
    kind, several = part.get("type"), part.get("type") == "array"
    options = part.get("items") if several else part
    choices = read_choices(options) if isinstance(options, Mapping) else ()
    default = part.get("default")
    if several:
        shown = "choices"
    elif choices:
        shown = "choice"
    elif kind in NUMBERS:
        shown = "number"
    elif kind in {"boolean", "string"}:
        shown = "boolean" if kind == "boolean" else "text"
    else:
        raise InvalidInput(UNREADABLE)
    if several and not choices:
        raise InvalidInput(UNREADABLE)
    return FormField(
        name,
        clean(part.get("title")) or name,
        shown,  # type: ignore[arg-type]
        clean(part.get("description")),
        required,
        clean(write_default(default)),
        choices,
    )


def read_choices(part: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Read the choices of a field: an enum with or without names, or constants with titles. Raises InvalidInput."""
    alternatives = part.get("oneOf") or part.get("anyOf")
    if isinstance(alternatives, list):
        pairs = [(item.get("const"), item.get("title")) for item in alternatives if isinstance(item, Mapping)]
    else:
        values, names = part.get("enum"), part.get("enumNames")
        if not isinstance(values, list):
            return ()
        labels = names if isinstance(names, list) and len(names) == len(values) else values
        pairs = list(zip(values, labels, strict=True))
    choices = [(value, clean(label) or value) for value, label in pairs if isinstance(value, str) and show_line(value) == value]
    if len(choices) < len(pairs) or not 0 < len(choices) <= MOST_CHOICES:
        raise InvalidInput(UNREADABLE)
    return tuple(choices)


def clean(text: Any) -> str:
    """Return a text as one line, in bounds."""
    return show_line(remove_hidden(text))[:LONGEST_TEXT].strip() if isinstance(text, str) else ""


def write_default(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(item for item in value if isinstance(item, str))
    return str(value) if isinstance(value, str | int | float) else ""


def read_values(schema: Mapping[str, Any], fields: tuple[FormField, ...], values: FormValues) -> dict[str, Any]:
    """Convert the values that the person entered, and check them. Raises InvalidInput with a sentence. Blocks."""
    known = {form_field.name: form_field for form_field in fields}
    if unknown := sorted(values.keys() - known.keys()):
        raise InvalidInput(f"There is no {clean(unknown[0])}. It asks for: {', '.join(known) or 'nothing'}.")
    entered = {name: value for name, value in values.items() if value != ""}
    if missing := [name for name, form_field in known.items() if form_field.required and name not in entered]:
        raise InvalidInput(f"Enter {', '.join(missing)}.")
    kinds = schema.get("properties") or {}
    content = {
        name: read_value(known[name], value, whole=kinds[name].get("type") == "integer") for name, value in entered.items()
    }
    try:
        ArgumentValidator(write_out(schema), schema.get("$schema")).check(content)
    except ValueError as error:
        raise InvalidInput(f"{error}.") from error
    return content


def read_value(form_field: FormField, value: Any, *, whole: bool) -> Any:
    """Convert one value. Raises InvalidInput."""
    text = ",".join(value) if isinstance(value, list) else str(value).strip()
    if len(text) > LONGEST_VALUE:
        raise InvalidInput(f"{form_field.name} is too long.")
    if form_field.kind == "boolean":
        if text.lower() not in YES | NO:
            raise InvalidInput(f"{form_field.name} must be true or false.")
        return text.lower() in YES
    if form_field.kind == "number":
        try:
            return int(text) if whole else float(text)
        except ValueError:
            raise InvalidInput(f"{form_field.name} must be a number.") from None
    if form_field.kind == "choices":
        return value if isinstance(value, list) else [item.strip() for item in text.split(",") if item.strip()]
    return value if isinstance(value, str) else text
