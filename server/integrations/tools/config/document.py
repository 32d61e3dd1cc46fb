"""Document of a configuration: JSON, JSON with comments or TOML, within limits."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from server.core.errors import InvalidInput, TooLarge
from server.core.strict_json import parse_json
from server.core.text import shorten

LARGEST = 1_048_576  # bytes
DEEPEST = 20
STRING = r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'  # as comments, also one without an end, which would be searched again and again
COMMENT = re.compile(rf"{STRING}|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
LAST_COMMA = re.compile(rf"{STRING}|,(?=\s*[}}\]])", re.DOTALL)
TABLE = re.compile(r"\s*(?:#[^\n]*\s*)*\[[\w.\"-]+\]\s*(?:\n|$)")
NOT_JSON = "This is no configuration: it is neither JSON nor TOML. Paste the whole file, beginning with its first brace."
TOO_LARGE = "This configuration is too large. It may have 1 MB."


def read_document(text: str) -> tuple[dict[str, Any], list[str]]:
    """Read a document. Returns it with the names that occur twice in one object. Raises InvalidInput or TooLarge."""
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise TooLarge(TOO_LARGE)
    text = text.removeprefix("\ufeff").strip()
    try:
        if TABLE.match(text):
            document, repeated = tomllib.loads(text), list[str]()
        else:
            document, repeated = load_json(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(NOT_JSON) from error
    if not isinstance(document, dict) or measure_depth(document) > DEEPEST:
        raise InvalidInput(NOT_JSON)
    return document, repeated


def load_json(text: str) -> tuple[Any, list[str]]:
    """Parse JSON, also with comments and trailing commas, as VS Code writes it. Raises ValueError or RecursionError."""
    repeated: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(shorten(name) for name in result if names.count(name) > 1)
        return result

    try:
        parse_json(text.encode())  # what strict JSON forbids stays forbidden: NaN, lone surrogates
    except ValueError:
        for superfluous in (COMMENT, LAST_COMMA):
            text = superfluous.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
        parse_json(text.encode())
    return json.loads(text, object_pairs_hook=collect), repeated


def measure_depth(value: Any) -> int:
    """Measure how deep a value is nested, up to one more than is allowed."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [inner for outer in level for inner in list_inner(outer)]
        depth += 1
    return depth


def list_inner(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
