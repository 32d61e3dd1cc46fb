"""JSON Schemas of arguments that come from elsewhere, such as an MCP server: written out, limited, and used to validate.

References are replaced by what they mean, so nothing refers to another document and nothing is endless. Patterns are matched
with a limit, for they come from strangers (https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from server.core.errors import InvalidInput
from server.core.text import shorten

if TYPE_CHECKING:  # it takes 15 MB
    from jsonschema_rs import Validator

Schema = dict[str, Any]

LONGEST_PARAMETER = 700  # characters of a description (developers.openai.com/api/docs/actions/production)
MOST_NODES = 5000  # subschemas
DEEPEST = 40
MOST_BACKTRACKING = 100_000  # steps of one match
MAPS = {"properties", "patternProperties", "dependentSchemas"}  # keywords whose value is schemas by name
LISTS = {"anyOf", "oneOf", "allOf", "prefixItems"}
SINGLE = {"items", "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then", "else"}
SINGLE |= {"unevaluatedItems", "unevaluatedProperties"}
OPEN = {"additionalProperties", "additionalItems", "unevaluatedItems", "unevaluatedProperties"}  # that are mostly true or false
OPENAPI_ONLY = {"discriminator", "xml", "externalDocs", "example"}
NAMING = OPENAPI_ONLY | {"$schema", "$id", "id", "$defs", "definitions", "$anchor", "$comment", "$vocabulary"}
NAMING |= {"$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef"}
DIALECTS = ("http://json-schema.org/", "https://json-schema.org/")
ANNOTATIONS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
SHORT = {"type", "title", "description"}  # what is left of a schema that comes back to itself
TOO_LARGE = "This schema is too large."


def write_out(schema: Any) -> Schema:
    """Write out a schema of an object: without references, with `properties`. Raises InvalidInput if it is none, or too large.

    Where a schema comes back to itself, only the type is left, and what it describes.
    """
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        raise InvalidInput("The schema of the arguments is not that of an object.")
    try:
        written = Writer(schema).write(schema, (), 0)
    except RecursionError as error:
        raise InvalidInput(TOO_LARGE) from error
    if not isinstance(written.get("properties", {}), dict) or not isinstance(written.get("required", []), list):
        raise InvalidInput("The schema of the arguments is not valid.")
    return {**written, "type": "object", "properties": written.get("properties", {})}


class Writer:
    """Writes one schema out. `whole`: what its references refer to."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole
        self._nodes = 0

    def write(self, node: Any, within: tuple[str, ...], depth: int) -> Schema:
        """Write out one subschema. `within`: the references that led here."""
        self._nodes += 1
        if self._nodes > MOST_NODES or depth > DEEPEST:
            raise InvalidInput(TOO_LARGE)
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        if not isinstance(node, Mapping):
            raise InvalidInput("The schema of the arguments is not valid.")
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {key: self._write_part(key, value, within, depth + 1) for key, value in node.items() if key not in NAMING}
        target, beside = self._follow(reference, within, depth), {key: value for key, value in node.items() if key != "$ref"}
        beside = self.write(beside, within, depth + 1)
        return {**target, **beside} if beside.keys() <= ANNOTATIONS else {"allOf": [target, beside]}

    def _follow(self, reference: str, within: tuple[str, ...], depth: int) -> Schema:
        target = self._find(reference)
        if reference in within:
            return {key: value for key, value in target.items() if key in SHORT} if isinstance(target, Mapping) else {}
        return self.write(target, (*within, reference), depth + 1)

    def _find(self, reference: str) -> Any:
        """Find what a reference means: a JSON Pointer (RFC 6901) into the schema. Another document means nothing here."""
        if reference != "#" and not reference.startswith("#/"):
            return {}
        node: Any = self._whole
        for part in unquote(reference).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, Mapping):
                node = node.get(name, {})
            else:
                return {}
        return node

    def _write_part(self, key: str, value: Any, within: tuple[str, ...], depth: int) -> Any:
        if key in MAPS and isinstance(value, Mapping):
            return {name: self.write(inner, within, depth) for name, inner in value.items()}
        if key in LISTS and isinstance(value, list):
            return [self.write(inner, within, depth) for inner in value]
        if key == "items" and isinstance(value, list):  # draft 7
            return [self.write(inner, within, depth) for inner in value]
        if key in SINGLE and not (key in OPEN and isinstance(value, bool)):
            return self.write(value, within, depth)
        if key == "description" and isinstance(value, str) and len(value) > LONGEST_PARAMETER:
            return f"{value[: LONGEST_PARAMETER - 1]}…"
        return value


class ArgumentValidator:
    """Validates arguments against a written-out schema. Raises InvalidInput if the schema itself is not valid.

    `dialect`: the $schema that it had, if any; the newest if it is another one than JSON Schema's own.
    """

    def __init__(self, schema: Schema, dialect: object = None) -> None:
        import jsonschema_rs

        known = isinstance(dialect, str) and dialect.startswith(DIALECTS)
        patterns = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_BACKTRACKING)
        try:
            self._validator: Validator = jsonschema_rs.validator_for(
                {**schema, "$schema": dialect} if known else schema, pattern_options=patterns, retriever=refuse
            )
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise InvalidInput("The schema of the arguments is not valid.") from error

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises ValueError with a sentence about the first fault, which does not repeat much of what was sent."""
        fault = next(self._validator.iter_errors(arguments), None)
        if fault is not None:
            place = ".".join(map(str, fault.instance_path))
            raise ValueError(f"{place}: {shorten(fault.message)}" if place else shorten(fault.message))


def refuse(address: str) -> Any:
    """Refuse to retrieve another document. Raises ValueError."""
    raise ValueError(address)
