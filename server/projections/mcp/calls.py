"""From a tool's arguments to a call of its operation, and from what that answered to what the tool answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from server.core.errors import InvalidInput, NotFound
from server.http.exception_handlers import SENTENCES
from server.http.in_process import Letter, Reply
from server.projections.mcp.schemas import NEXT_PAGE, NEXT_PAGE_HEADER, RESULT, WHOLE_BODY, Schema
from server.projections.mcp.tools import Plan
from server.projections.openapi import NULL

WAITS = (
    "Nothing has been done yet: the person at the computer is being asked. Tell them so, do not send it again, "
    "and look with read_approval, giving it the approval_id, for how they decided."
)


@dataclass(frozen=True)
class Answer:
    """What a tool answers: as an object, the same as text, and whether it failed."""

    structured: dict[str, Any] | None
    texts: tuple[str, ...]
    failed: bool = False


def fail(sentence: str) -> Answer:
    """An answer that says what went wrong and what to do."""
    return Answer(None, (sentence,), failed=True)


def succeed(structured: dict[str, Any], *more: str) -> Answer:
    """An answer as an object and as text."""
    return Answer(structured, (json.dumps(structured, ensure_ascii=False), *more))


def write_letter(plan: Plan, arguments: Mapping[str, Any]) -> Letter:
    """Put each argument where its operation has it. What is null counts as left out. Raises InvalidInput."""
    given = leave_out_nulls(arguments)
    check_names(plan, given)
    path, query, body = plan.path, [], {}
    for name, value in given.items():
        place = plan.places.get(name, "body")
        if place == "path":
            path = path.replace(f"{{{name}}}", encode(value))
        elif place == "query":
            query += [(name, spell(one)) for one in (value if isinstance(value, list) else [value])]
        else:
            body[name] = value
    content = json.dumps(body[WHOLE_BODY] if plan.whole_body else body).encode() if plan.has_body else b""
    return Letter(plan.method, path, urlencode(query, errors="replace"), content)


def check_names(plan: Plan, given: Mapping[str, Any]) -> None:
    """Raises InvalidInput for an argument that there is not, or one that is missing from the path."""
    known = plan.tool.input_schema["properties"]
    if strange := sorted(name for name in given if name not in known):
        raise InvalidInput(f"{plan.tool.name} takes no {', '.join(strange)[:200]}. It takes: {', '.join(known) or 'nothing'}.")
    if missing := [name for name in plan.tool.input_schema["required"] if name not in given]:
        raise InvalidInput(f"{plan.tool.name} needs {', '.join(missing)}.")


def leave_out_nulls(value: Any) -> Any:
    """The same without what is null: strict clients send every argument, and null for those that they mean to leave out."""
    if isinstance(value, list):
        return [leave_out_nulls(one) for one in value]
    if isinstance(value, Mapping):
        return {name: leave_out_nulls(one) for name, one in value.items() if one is not None}
    return value


def encode(value: Any) -> str:
    """A value as one part of a path, whatever is in it."""
    return quote(spell(value), safe="", errors="replace")


def spell(value: Any) -> str:
    """A value as an address has it."""
    return value if isinstance(value, str) else json.dumps(value)


def read_reply(plan: Plan, reply: Reply) -> Answer:
    """What the tool answers when its operation answered this."""
    body = read_body(reply)
    if reply.status >= 400:
        return fail(tell_failure(reply.status, body))
    if reply.status == 202 and isinstance(body, dict) and "approval_id" in body:
        # What only reads has promised what it answers, so that it waits can be said in words alone.
        return succeed(body, WAITS) if plan.operation.changes else fail(f"{WAITS} The approval_id is {body['approval_id']}.")
    if plan.wraps or not isinstance(body, dict):
        token = reply.headers.get(NEXT_PAGE_HEADER)
        body = {RESULT: body} | ({NEXT_PAGE: token} if token else {})
    return succeed(fit(body, plan.tool.output_schema))


def fit(value: Any, schema: Schema) -> Any:
    """An answer as its schema has it: what may be null is left out there, though some operations say it."""
    if isinstance(value, list):
        return [fit(one, schema.get("items", {})) for one in value]
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    kept = {name: one for name, one in value.items() if one is not None or fields.get(name, NULL).get("type") == "null"}
    return {name: fit(one, fields.get(name, {})) for name, one in kept.items()}


def tell_failure(status: int, body: Any) -> str:
    """The sentence of a failure. An argument that leads to no address leads to no thing."""
    detail = str(body.get("detail", "") if isinstance(body, dict) else body)
    return NotFound().detail if detail == SENTENCES[404] else detail or f"The answer is {status}."


def read_body(reply: Reply) -> Any:
    """What was answered, as JSON has it, or else as text."""
    text = reply.body.decode("utf-8", "replace")
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text
