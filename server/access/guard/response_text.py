"""Text of responses: a model reads what a person would not see, so none of that leaves."""

import json
import re
from typing import Any

from fastapi import Response

from server.core.invisible import remove_hidden

SUSPICIOUS = re.compile(rb"[\x7f-\xff]|\\[ubf]")  # JSON without these holds no hidden character


def clean_response(response: Response) -> Response:
    """Remove hidden characters from every string of a JSON response, names of fields included."""
    body = bytes(response.body)
    if SUSPICIOUS.search(body) and "json" in response.headers.get("content-type", ""):
        response.body = json.dumps(clean(json.loads(body)), ensure_ascii=False, separators=(",", ":")).encode()
        response.headers["content-length"] = str(len(response.body))
    return response


def clean(value: Any) -> Any:
    """The same value without hidden characters."""
    if isinstance(value, str):
        return remove_hidden(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {remove_hidden(name): clean(item) for name, item in value.items()}
    return value
