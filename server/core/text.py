"""Sentences about calls: imperative for what they are about to do, past tense for what they did."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.core.invisible import make_visible, show_line

PAST = {
    "leave": "left",
    "put": "put",
    "read": "read",
    "send": "sent",
    "stop": "stopped",
    "take": "took",
    "tell": "told",
    "write": "wrote",
    "get": "got",
    "find": "found",
    "run": "ran",
    "make": "made",
    "see": "saw",
}  # the verbs that have a way of their own; the others take -ed
OUTCOMES = {
    "waiting": "wants to {}",
    "running": "began to {}",
    "uncertain": "began to {}",
    "refused": "wanted to {}",
    "failed": "tried to {}",
    "repeated": "asked again to {}",
}  # by how the call ended; a finished call is described in the past tense
LONGEST_VALUE = 80  # characters of an argument in a sentence


def tell(sentence: str, outcome: str) -> str:
    """Say what became of something to be done, after the name of who asked for it: "wanted to send mail to ann"."""
    return make_visible(OUTCOMES[outcome].format(sentence) if outcome in OUTCOMES else to_past(sentence))


def to_past(sentence: str) -> str:
    """Say of something to be done that it was done: "send mail to ann" → "sent mail to ann"."""
    verb, space, rest = sentence.partition(" ")
    verb = verb.lower()
    regular = f"{verb}d" if verb.endswith("e") else re.sub(r"(?<=[^aeiou])y$", "i", verb) + "ed"
    return f"{PAST.get(verb, regular)}{space}{rest}"


def to_do(past: str) -> list[str]:
    """The verbs of which a word may be the past: "sent" → "send". Sentences are kept as something to be done."""
    return [verb for verb, form in PAST.items() if form == past != verb] + ([past[:-1], past[:-2]] if past.endswith("ed") else [])


def fill(templates: tuple[str, ...], arguments: Mapping[str, Any]) -> str:
    """Fill the first template for which there are arguments, such as "search mail for “{query}”"."""
    for template in templates:
        names = re.findall(r"\{(\w+)\}", template)
        values = {name: shorten(str(arguments[name])) for name in names if arguments.get(name) not in (None, "", [])}
        if len(values) == len(names):
            return template.format_map(values)
    return templates[-1] if templates else ""


def tell_moment(moment: str) -> str:
    """A moment (ISO 8601) as this computer's clock shows it; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return moment


def shorten(value: str) -> str:
    """One line of a value, as much of it as a sentence can hold."""
    line = show_line(value)
    return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]}…"
