"""Portable input schemas: what OpenAI's importers do not read is written out, or put into the description."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.integrations.tools.hidden import show_name
from server.integrations.tools.schemas.branches import describe_choices, list_branches, merge_branches, union_of
from server.integrations.tools.schemas.references import resolve_reference
from server.integrations.tools.schemas.texts import SchemaTooLarge, Texts, join_sentences
from server.integrations.tools.schemas.values import MOST_VALUES, add_values

LARGEST = 262_144  # characters of a schema as JSON
GROWTH, SMALLEST_LIMIT = 4, 32_768  # how much larger it may be when it is written out; as large as this in any case
DEEPEST = 10  # levels of the result
MOST_PARTS = 1_000  # subschemas of the result
LONGEST_PROPERTY = 64
TYPES = frozenset(["string", "number", "integer", "boolean", "object", "array", "null"])
RECURSIVE = "Has the same form as “{name}”, which contains it."
OUTSIDE = "May be anything; its form is described elsewhere."
TOO_DEEP = "May be anything; its form is nested too deeply to be shown."


@dataclass(frozen=True)
class PortableSchema:
    """`notes`: sentences about what was removed or not kept. `renamed`: original names of properties, by the new ones."""

    schema: dict[str, Any]
    notes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def restore(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments of a call the names that the tool knows."""
        return {self.renamed.get(name, name): value for name, value in arguments.items()}


def make_portable(schema: Any) -> PortableSchema:
    """Rewrite the input schema of a tool. Never raises: what cannot be kept is noted, and the tool then takes any object."""
    try:
        size = len(json.dumps(schema))
    except (RecursionError, ValueError, TypeError):
        size = LARGEST + 1
    if not isinstance(schema, Mapping) or size > LARGEST:
        return NOT_SHOWN
    writer = Writer(schema, max(GROWTH * size, SMALLEST_LIMIT))
    try:
        result = writer.write_root()
    except SchemaTooLarge:
        return NOT_SHOWN
    return PortableSchema(result, writer.notes, writer.renamed)


def generic_object() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": True}


NOT_SHOWN = PortableSchema(generic_object(), ("Its input schema is too large or invalid, so it is not shown.",))


class Writer:
    """Writes one schema, within limits. `limit`: characters of its texts and values."""

    def __init__(self, root: Mapping[str, Any], limit: int) -> None:
        self._root = root
        self._parts = 0
        self._stack: list[str] = []  # references that are being written out
        self._texts = Texts(limit)
        self.renamed: dict[str, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._texts.notes)

    def write_root(self) -> dict[str, Any]:
        """Write the whole schema: an object with properties, without alternatives at the top, which OpenAI refuses there."""
        root = self._inline(self._root)
        choices = ""
        for _ in range(DEEPEST):  # a branch may bring branches of its own
            branches = [self._inline(branch) for branch in list_branches(root)]
            choices = choices or describe_choices(root, branches)
            root = merge_branches(root, branches)
        result = self._write_object({**root, "type": "object"}, 0, top=True)
        if choices:
            result["description"] = self._texts.clean(choices)
        self._texts.describe(root, result)
        return result

    def write(self, schema: Any, depth: int) -> dict[str, Any]:
        """Write a subschema."""
        self._parts += 1
        if schema is True or schema == {}:
            return {}
        if not isinstance(schema, Mapping):
            self._texts.note("A part of its input schema is invalid and left out.")
            return {}
        if depth > DEEPEST or self._parts > MOST_PARTS:
            self._texts.note("Its input schema is too large to be shown completely.")
            return {"description": TOO_DEEP}
        reference = schema.get("$ref", schema.get("$dynamicRef"))
        if isinstance(reference, str):
            return self._write_reference(schema, reference, depth)
        return self._write_plain(schema, depth)

    def _write_reference(self, schema: Mapping[str, Any], reference: str, depth: int) -> dict[str, Any]:
        siblings = {name: value for name, value in schema.items() if name not in {"$ref", "$dynamicRef"}}
        try:
            target = resolve_reference(self._root, reference)
        except LookupError:
            self._texts.note("A reference in its input schema leads nowhere, or outside of it, and is not followed.")
            return {"description": self._texts.clean(siblings.get("description")) or OUTSIDE}
        if reference in self._stack or target is self._root:
            return self._write_recursive(target, reference, siblings)
        self._stack.append(reference)
        merged = {**target, **siblings} if isinstance(target, Mapping) and siblings else target
        try:
            return self.write(merged, depth)
        finally:
            self._stack.pop()

    def _write_recursive(self, target: Any, reference: str, siblings: Mapping[str, Any]) -> dict[str, Any]:
        kind = target.get("type") if isinstance(target, Mapping) else None
        if kind is None and target is self._root:
            kind = "object"
        result: dict[str, Any] = {"type": kind} if isinstance(kind, str) and kind in TYPES else {}
        if kind == "object":
            result = generic_object()
        elif kind == "array":
            result["items"] = {}
        name = self._texts.clean(target.get("title") if isinstance(target, Mapping) else "") or reference.rpartition("/")[
            2
        ].strip("#")
        words = [self._texts.clean(siblings.get("description")), RECURSIVE.format(name=self._texts.clean(name) or "the whole")]
        result["description"] = join_sentences(words)
        return result

    def _write_plain(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        for _ in range(DEEPEST):
            if isinstance(schema.get("allOf"), list):
                schema = merge_branches(schema, [self._inline(branch) for branch in list_branches(schema)])
        branches = list_branches(schema)
        kinds = list_types(schema)
        if not kinds and schema.get("type") is not None:
            self._texts.note("Its input schema has a type that does not exist.")
        if branches or len(kinds) > 1:
            result = self._write_union(schema, branches, kinds, depth)
        else:
            result = self._write_type(schema, kinds[0] if kinds else "", depth)
        add_values(schema, result, self._texts)
        self._texts.describe(schema, result)
        return result

    def _write_union(self, schema: Mapping[str, Any], branches: list[Any], kinds: list[str], depth: int) -> dict[str, Any]:
        """Write alternatives. `null` beside one other is not written, as importers refuse it; the description tells it."""
        common = {name: value for name, value in schema.items() if name not in {"anyOf", "oneOf", "type", "description", "title"}}
        parts = branches or [{**common, "type": kind} for kind in kinds]
        if branches and common.keys() & {"properties", "required", "items"}:
            parts = [{**common, **part} if isinstance(part, Mapping) else part for part in branches]
        concrete = [part for part in parts if not is_null(part)]
        nullable = len(concrete) < len(parts) or schema.get("nullable") is True
        return union_of([self.write(part, depth + 1) for part in concrete], nullable=nullable)

    def _write_type(self, schema: Mapping[str, Any], kind: str, depth: int) -> dict[str, Any]:
        kind = kind or guess_type(schema)
        if kind == "object":
            return self._write_object(schema, depth)
        if kind == "array":
            return self._write_array(schema, depth)
        result: dict[str, Any] = {"type": kind} if kind and kind != "null" else {}
        if kind == "null":
            result = {"enum": [None]}
        return result

    def _write_object(self, schema: Mapping[str, Any], depth: int, *, top: bool = False) -> dict[str, Any]:
        properties, required = dict[str, Any](), set[str]()
        wanted = schema.get("required")
        wanted_names = {name for name in wanted if isinstance(name, str)} if isinstance(wanted, list) else set()
        given = schema.get("properties")
        given = given if isinstance(given, Mapping) else {}
        for name, part in given.items():
            public = self._name_property(name, properties.keys() | given.keys() - {name}, top=top)
            if public is None or part is False:
                continue
            properties[public] = self.write(part, depth + 1)
            if name in wanted_names:
                required.add(public)
        result: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            result["required"] = [name for name in properties if name in required]
        additional = schema.get("additionalProperties")
        if isinstance(additional, bool):
            result["additionalProperties"] = additional
        elif isinstance(additional, Mapping):
            result["additionalProperties"] = self.write(additional, depth + 1) or True
        elif not properties:
            result["additionalProperties"] = True
        return result

    def _name_property(self, name: str, taken: set[str], *, top: bool) -> str | None:
        """Return the name of a property that a model can send; None if it has none and is left out."""
        public = show_name(name, len(name))
        if public == name and len(name) <= LONGEST_PROPERTY and name.isprintable():
            return name
        public = "".join(char for char in public if char.isprintable())[:LONGEST_PROPERTY].strip()
        if not top or not public or public in taken:
            self._texts.note("A property of its input schema has a name that cannot be shown, and is left out.")
            return None
        self.renamed[public] = name
        self._texts.note("A property of its input schema is renamed, because its name is too long or contains hidden characters.")
        return public

    def _write_array(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        items, ordered = schema.get("items"), schema.get("prefixItems")
        if isinstance(items, list):
            items, ordered = schema.get("additionalItems"), items
        result: dict[str, Any] = {"type": "array"}
        if isinstance(ordered, list) and ordered:
            parts = [self.write(part, depth + 1) for part in ordered[:MOST_VALUES]]
            others = [self.write(items, depth + 1)] if isinstance(items, Mapping) else []
            result["items"] = union_of(parts + others)
            result["description"] = f"In this order: {self._texts.write_rule(parts)}."
            result.setdefault("maxItems", len(ordered)) if items is False else None
        else:
            result["items"] = self.write(items, depth + 1) if isinstance(items, Mapping) else {}
        return result

    def _inline(self, schema: Any) -> Mapping[str, Any]:
        """Return a schema, or what it refers to, for merging."""
        for _ in range(DEEPEST):
            reference = schema.get("$ref") if isinstance(schema, Mapping) else None
            if not isinstance(reference, str):
                break
            try:
                target = resolve_reference(self._root, reference)
            except LookupError:
                break
            siblings = {name: value for name, value in schema.items() if name != "$ref"}
            schema = {**target, **siblings} if isinstance(target, Mapping) else {}
        return schema if isinstance(schema, Mapping) else {}


def list_types(schema: Mapping[str, Any]) -> list[str]:
    """List the types that a schema allows, without those that do not exist."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    return list(dict.fromkeys(name for name in kinds if isinstance(name, str) and name in TYPES))


def guess_type(schema: Mapping[str, Any]) -> str:
    """Guess the type of a schema without one by its other parts."""
    if schema.keys() & {"properties", "additionalProperties", "required"}:
        return "object"
    return "array" if schema.keys() & {"items", "prefixItems"} else ""


def is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (schema.get("type") in ("null", ["null"]) or schema.get("const", 0) is None)
