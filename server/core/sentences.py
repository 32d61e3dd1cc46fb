"""Sentences about operations, in the forms in use: what is requested, running, done and failed."""

import re
from collections.abc import Mapping
from typing import Any, Self

from server.core.invisible import make_visible, show_line
from server.core.text import shorten

FORMS = 4
SEPARATOR = "\n"  # between the stored forms; a sentence is one line


class Sentence(str):
    """A sentence about an operation. As a string it is the requested form, which follows "wants to".

    The other forms follow the name of the client: "is sending an email", "sent an email", "could not send an email".
    All of them are templates, with the same {names} of values.
    """

    __slots__ = ("done", "failed", "running")

    running: str
    done: str
    failed: str

    def __new__(cls, requested: str, running: str = "", done: str = "", failed: str = "") -> Self:
        sentence = super().__new__(cls, requested)
        sentence.running, sentence.done, sentence.failed = running, done, failed
        return sentence

    @property
    def forms(self) -> tuple[str, str, str, str]:
        """All forms: requested, running, done, failed."""
        return (str(self), self.running, self.done, self.failed)

    def fill(self, **values: object) -> "Sentence":
        """Fill every form with values; each is reduced to one line."""
        lines = {name: show_line(str(value)) for name, value in values.items()}
        return Sentence(*(form.format_map(lines) for form in self.forms))

    def names(self) -> set[str]:
        """Names of the values that it needs."""
        return set(re.findall(r"\{(\w+)\}", self))


def fill(templates: tuple[Sentence, ...], arguments: Mapping[str, Any]) -> Sentence:
    """Fill the first template for which there are arguments, such as "search email for “{query}”"."""
    given = {name: shorten(str(value)) for name, value in arguments.items() if value not in (None, "", [])}
    for template in templates:
        if template.names() <= given.keys():
            return template.fill(**given)
    return templates[-1] if templates else Sentence("")


def describe_outcome(sentence: str, outcome: str) -> str:
    """Describe what became of a request, after the name of the client: "was denied: send an email to ann"."""
    if not isinstance(sentence, Sentence) or not sentence.done:  # stored by an earlier version, or without other forms
        sentence = Sentence(sentence, f"started to {sentence}", f"asked to {sentence}", f"could not {sentence}")
    described = {
        "waiting": f"wants to {sentence}",
        "running": sentence.running,
        "uncertain": f"started to {sentence}",
        "refused": f"was denied: {sentence}",
        "failed": sentence.failed,
        "repeated": f"repeated a request to {sentence}",
    }
    return make_visible(described.get(outcome, sentence.done))


def to_text(sentence: str) -> str:
    """Write all forms into one text, to be stored."""
    return SEPARATOR.join(sentence.forms) if isinstance(sentence, Sentence) and sentence.done else str(sentence)


def from_text(text: str) -> str:
    """Read a stored sentence; those of earlier versions have one form."""
    forms = text.split(SEPARATOR)
    return Sentence(*forms) if len(forms) == FORMS else text
