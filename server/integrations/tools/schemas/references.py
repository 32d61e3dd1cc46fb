"""References inside a JSON schema (`$ref`): resolved within the document, never fetched."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import unquote

LONGEST_REFERENCE = 1_000  # characters
MOST_DEFINITIONS = 500  # that may have an anchor


def resolve_reference(root: Any, reference: str) -> Any:
    """Return what a reference in a schema refers to. Raises LookupError if it is outside, or not there."""
    if not reference.startswith("#") or len(reference) > LONGEST_REFERENCE:
        raise LookupError(reference)
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        return find_anchor(root, pointer)
    target = root
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(target, Mapping) and name in target:
            target = target[name]
        elif isinstance(target, list) and name.isdecimal() and int(name) < len(target):
            target = target[int(name)]
        else:
            raise LookupError(reference)
    return target


def find_anchor(root: Any, anchor: str) -> Any:
    """Return the definition with this `$anchor`. Raises LookupError if there is none."""
    for container in ("$defs", "definitions"):
        definitions = root.get(container) if isinstance(root, Mapping) else None
        listed = definitions.values() if isinstance(definitions, Mapping) else ()
        for definition in islice(listed, MOST_DEFINITIONS):
            if isinstance(definition, Mapping) and anchor in (definition.get("$anchor"), definition.get("$dynamicAnchor")):
                return definition
    raise LookupError(anchor)
