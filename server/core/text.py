"""Text of one line, with nothing invisible in it."""

from datetime import datetime

BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # they let a text read other than it is
VISIBLE = {code: chr(0x2400 + code) for code in range(0x20)} | {
    code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *BIDI)
}  # as JSON spells them, so that they can be replaced in JSON too
VISIBLE_IN_LINES = {code: seen for code, seen in VISIBLE.items() if chr(code) not in "\t\n"}
LONGEST_VALUE = 80  # characters of an argument in a sentence


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
