"""Sentences about operations, in the forms in use: what is requested, running, done and failed."""

import re
from collections.abc import Mapping
from typing import Any, Self

from server.core.invisible import make_visible, show_line
from server.core.text import shorten

FORMS = 4
SEPARATOR = "\n"  # between the stored forms; a sentence is one line
QUOTED = re.compile(r"“\{(\w+)\}”")
NAME = re.compile(r"[\w.:/@+-]+")
# Double quotation marks and what looks like them, of which two single ones are an instance
DOUBLE = '"\u201c-\u201f\u2033\u2034\u2036\u2037\u3003\u301d-\u301f\uff02\u275d\u275e\u02ba\u02ee\u05f4'
SINGLE = "'`\u00b4\u2018-\u201b\u2032\u2035\u02b9-\u02bd\uff07\u275b\u275c"
MARKS = re.compile(f"(?:[{DOUBLE}]|[{SINGLE}]{{2}})[{DOUBLE}{SINGLE}]*")


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
        """Fill every form with values; each is reduced to one line, and none ends the quotation in which it stands."""
        lines = {name: show_line(str(value)) for name, value in values.items()}
        quoted = {name: remove_marks(lines[name]) for name in QUOTED.findall(self) if name in lines}
        return Sentence(*(form.format_map(lines | quoted) for form in self.forms))

    def names(self) -> set[str]:
        """Names of the values that it needs."""
        return set(re.findall(r"\{(\w+)\}", self))


def remove_marks(line: str) -> str:
    """Replace quotation marks, so that a text from elsewhere stays inside of a quotation."""
    return MARKS.sub("'", line)


def quote_unless_name(line: str) -> str:
    """Quote a text from elsewhere that would be no plain name in a sentence, such as that of a model."""
    return line if NAME.fullmatch(line) else f"“{remove_marks(line)}”"


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
