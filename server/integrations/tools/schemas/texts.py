"""Descriptions in a portable schema: the server's text without hidden characters, then what only words can tell."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from server.integrations.tools.hidden import hides_text, is_plain, show_plain

LONGEST_TEXT = 700  # characters of a description, as OpenAI allows for a parameter
LONGEST_RULE = 300  # characters of a rule
LONGEST_SOURCE = 20_000  # characters of a description that are read
HIDDEN = "Hidden text was removed from its input schema."
# Rules that importers ignore or refuse.
RULES = (
    *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "patternProperties", "propertyNames"),
    *("contains", "minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems"),
)
NULLABLE = "May be null."


class SchemaTooLarge(Exception):
    """A schema whose parts are, written out, much larger than the schema."""


class Texts:
    """Cleans the texts of one schema, and collects the notes about it.

    `limit`: characters of texts and values that are read in all, also again where references repeat them; SchemaTooLarge beyond.
    """

    def __init__(self, limit: int) -> None:
        self.notes: dict[str, None] = {}
        self._left = limit

    def note(self, sentence: str) -> None:
        """Add a sentence about what was removed or not kept, once."""
        self.notes[sentence] = None

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise SchemaTooLarge

    def clean(self, value: Any) -> str:
        """Return a text without hidden characters, which are noted; empty if it is no text."""
        if not isinstance(value, str):
            return ""
        self._count(len(value))
        if hides_text(value, LONGEST_SOURCE):
            self.note(HIDDEN)
        return show_plain(value, LONGEST_SOURCE)

    def is_plain(self, value: Any) -> bool:
        """Return whether a value has no hidden text, which is noted: in a value it cannot be removed."""
        self._count(len(json.dumps(value)))
        plain = is_plain(value, LONGEST_SOURCE)
        if not plain:
            self.note(HIDDEN)
        return plain

    def write_rule(self, value: Any) -> str:
        """Write a part of a schema as JSON."""
        text = self.clean(json.dumps(value, ensure_ascii=False))
        return text if len(text) <= LONGEST_RULE else f"{text[: LONGEST_RULE - 1]}…"

    def describe(self, schema: Mapping[str, Any], result: dict[str, Any]) -> None:
        """Write the description of a result, after what is in its description already."""
        rules = {name: schema[name] for name in RULES if name in schema}
        words = [self.clean(schema.get("description")) or self.clean(schema.get("title")), result.pop("description", "")]
        if result.get("enum") == [None]:
            words.append("Must be null.")
        elif schema.get("nullable") is True and NULLABLE not in words[1]:
            words.append(NULLABLE)
        if rules:
            words.append(f"Rules: {self.write_rule(rules)}")
        if isinstance(schema.get("examples"), list) and schema["examples"]:
            words.append(f"Examples: {self.write_rule(schema['examples'][:3])}")
        text = join_sentences(words)
        if text:
            result["description"] = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def join_sentences(words: Iterable[str]) -> str:
    """Join texts; each but the last ends like a sentence."""
    *first, last = [word for word in words if word] or [""]
    return " ".join([*(word if word[-1] in ".!?:;…" else f"{word}." for word in first), last])
