"""Text of one line, with nothing invisible in it."""

from datetime import datetime

from server.core.invisible import show_line

LONGEST_VALUE = 80  # characters of an argument in a sentence
LONGEST_READ = 8_000  # characters that are looked at for these: a text of megabytes takes seconds


def tell_moment(moment: str) -> str:
    """A moment (ISO 8601) as this computer's clock shows it; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return moment


def shorten(value: str) -> str:
    """One line of a value, as much of it as a sentence can hold."""
    line = show_line(value[:LONGEST_READ])
    return line if len(line) <= LONGEST_VALUE and len(value) <= LONGEST_READ else f"{line[:LONGEST_VALUE]}…"
