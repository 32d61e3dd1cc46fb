"""Problem documents (RFC 9457), the form of every failure over HTTP."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

PROBLEM_TYPE = "application/problem+json"


def problem_body(status: int, detail: str, extra: Mapping[str, Any]) -> bytes:
    """Write a problem document. `detail`: what happened and what to do, in a sentence; `extra`: further members.

    A value that JSON cannot represent becomes text, because the response to a failure must not fail.
    """
    title = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unknown"
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    others = {name: value for name, value in extra.items() if name not in document}
    return json.dumps(document | others, ensure_ascii=False, default=str).encode("utf-8", "replace")


def read_detail(body: bytes) -> str:
    """Read the sentence of a problem document; empty if it is missing."""
    detail = read_member(body, "detail")
    return detail if isinstance(detail, str) else ""


def is_uncertain(body: str) -> bool:
    """Return whether a problem document says that it is unknown whether the call was carried out."""
    return read_member(body, "uncertain") is True


def read_member(body: bytes | str, name: str) -> Any:
    """Read a member of a problem document; None if it is missing."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None
