"""Characters that show nothing, or change how others are shown: controls, direction marks, fillers, tags, stray joiners.

The pattern is in the syntax that `regex` and JavaScript share. The window has a copy of it, which
`python -m server.core.invisible > ui/src/lib/invisible.ts` writes.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e]*")  # most texts; spares them the import of `regex`
# By properties (UTS 18); then blank symbols that Unicode counts among the visible ones.
CLASSES = (
    r"\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Noncharacter_Code_Point}"
    r"\u2800\ufff9-\ufffc" + "\U0001d159\U00016fe4\U00013441\U00013442"
)
HIDDEN = rf"(?:[{CLASSES}]|(?=\p{{Cf}})\p{{Script=Egyptian_Hieroglyphs}})"
# In their places some of them belong to a spelling. RFC 5892, appendix A, has the rule for joiners, without the emoji.
JOINING = "".join(
    rf"\p{{Script_Extensions={script}}}"
    for script in (
        *("Arabic", "Syriac", "Mandaic", "Nko", "Adlam", "Hanifi_Rohingya", "Mongolian", "Devanagari", "Bengali", "Gurmukhi"),
        *("Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar"),
    )
)
VIRAMAS = r"\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
SPELLED = "|".join(
    (
        rf"(?<=[{JOINING}])[\u200c\u200d](?=[{JOINING}])",
        rf"(?<=[{VIRAMAS}])[\u200c\u200d]",
        r"(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic})",
        r"(?<![0-9#*])(?<=\p{Emoji})[\ufe0e\ufe0f]",
        r"(?<=[0-9#*])\ufe0f(?=\u20e3)",
    )
)
TAGS = {code: code + 0xE0000 for code in range(0x20, 0x7F)}
FLAGS = "\U0001f3f4(?:" + "|".join(name.translate(TAGS) for name in ("gbeng", "gbsct", "gbwls")) + ")\U000e007f"  # of UTS 51
PATTERN = rf"({FLAGS})|(?={HIDDEN})(?!{SPELLED})[\s\S]"
SPACES = re.compile("[ \t\n\r]+")
LINES = "\t\n\r"
BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # as str.splitlines has them
BLANKS = "\u115f\u2800\u3164\uffa0"  # as wide as a letter or a space


def make_visible(text: str, *, lines: bool = False) -> str:
    """Show each character that shows nothing, or steers a terminal or the direction of what follows.

    `lines`: a text of several lines keeps its line breaks and tabs.
    """
    return substitute(text, lambda hidden: hidden if lines and hidden in "\t\n" else show(hidden))


def show_line(text: str) -> str:
    """Show a text in one line: its line ends and runs of spaces are a space each."""
    return make_visible(SPACES.sub(" ", text).strip(" "))


def escape_json(text: str) -> str:
    """The same for JSON, which keeps its meaning."""
    return substitute(text, lambda hidden: hidden if hidden in LINES else escape(hidden))


def remove_hidden(text: str) -> str:
    """Remove what a person would not see, for a model reads all of it; line breaks and tabs stay."""
    return substitute(text, simplify)


def substitute(text: str, replace: Callable[[str], str]) -> str:
    """Replace each hidden character of a text."""
    if PLAIN.fullmatch(text):
        return text
    return compile_pattern().sub(lambda match: match[1] or replace(match[0]), text)


def show(hidden: str) -> str:
    code = ord(hidden)
    if code > 0xFFFF:
        return f"\\u{{{code:x}}}"
    return chr(0x2400 + code) if code < 0x20 else f"\\u{code:04x}"


def escape(hidden: str) -> str:
    units = hidden.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def simplify(hidden: str) -> str:
    if hidden in LINES:
        return hidden
    return "\n" if hidden in BREAKS else " " if hidden in BLANKS else ""


@cache
def compile_pattern() -> "regex.Pattern[str]":
    """Compile the pattern, whose library (3 MB) is imported for the first text that needs it."""
    import regex

    return regex.compile(PATTERN)


def write_script() -> str:
    """Write the pattern for the window."""
    pattern = "".join(char if char.isascii() else f"\\u{{{ord(char):x}}}" for char in PATTERN)
    return f"// Written by `python -m server.core.invisible`.\nexport const INVISIBLE =\n  /{pattern}/gu\n"


if __name__ == "__main__":
    print(write_script(), end="")  # noqa: T201, it is what this is for
