"""Text that a server hides from people, and that a model reads all the same: found and removed."""

import re
from typing import Any

from server.core.invisible import remove_hidden

FLOOD = 24  # characters of blank space in a row, more than any indentation has
MOST_PASSES = 10  # what is removed may bring together the parts of a comment
DEEPEST = 30  # levels of a value
HIDDEN_TEXT = "Hidden text was removed from it."
SUSPICIOUS = re.compile(r"[^\n -~]|<!|\]:|\s{5}")  # most texts have none of these, which is found quickly
# ECMA-48: control sequences, strings such as titles of windows, other escapes.
ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*+(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*+[0-~]?"
)
COMMENT = re.compile(r"<!--.*?(?:--!?>|\Z)", re.DOTALL)
LINK_COMMENT = re.compile(
    r"^[ ]{0,3}\[[^\]\n]{0,80}\]:[ \t]{0,8}<?#>?[ \t]{0,8}(?:\([^\n]*\)|\"[^\n]*\"|'[^\n]*')[ \t]*$", re.MULTILINE
)
SPACES = re.compile(rf"[^\S\n]{{{FLOOD},}}+")
LINES = re.compile(rf"(?:[^\S\n]{{0,{FLOOD}}}\n){{5,}}")


def show_plain(text: str, longest: int) -> str:
    """Return a text as a person sees it, at most so long: without hidden characters, terminal sequences, comments and floods."""
    plain = normalize(text[: 2 * longest])
    if not SUSPICIOUS.search(plain):
        return plain[:longest].strip()
    for _ in range(MOST_PASSES):
        former, plain = plain, LINK_COMMENT.sub("", COMMENT.sub("", remove_hidden(ESCAPES.sub("", plain))))
        if plain == former:
            break
    plain = plain.partition("<!--")[0]
    return LINES.sub("\n\n", SPACES.sub(" ", plain))[:longest].strip()


def hides_text(text: str, longest: int) -> bool:
    """Return whether a text has parts that a person would not see."""
    return show_plain(text, longest) != normalize(text)[:longest].strip()


def show_name(text: str, longest: int) -> str:
    """Return a name as a person sees it, in one line."""
    return " ".join(show_plain(text, longest).split())


def is_plain(value: Any, longest: int, depth: int = 0) -> bool:
    """Return whether no text in a JSON value hides anything."""
    if isinstance(value, str):
        return not hides_text(value, max(longest, len(value)))
    if isinstance(value, list | dict) and depth > DEEPEST:
        return False
    if isinstance(value, list):
        return all(is_plain(item, longest, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(is_plain(item, longest, depth + 1) for pair in value.items() for item in pair)
    return True


def normalize(text: str) -> str:
    return text.replace("\r\n", "\n")
