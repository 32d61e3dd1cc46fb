"""Sentences about calls: imperative for what they are about to do, past tense for what they did."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # they let a text read other than it is
VISIBLE = {code: chr(0x2400 + code) for code in range(0x20)} | {
    code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *BIDI)
}  # as JSON spells them, so that they can be replaced in JSON too
VISIBLE_IN_LINES = {code: seen for code, seen in VISIBLE.items() if chr(code) not in "\t\n"}
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
    line = make_visible(" ".join(value.split()))
    return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]}…"


def make_visible(text: str, *, lines: bool = False) -> str:
    """Show the characters that steer a terminal or turn the direction of what follows, instead of letting them act.

    Letters of every script stay as they are. `lines`: a text of several lines keeps them.
    """
    return text.translate(VISIBLE_IN_LINES if lines else VISIBLE)
