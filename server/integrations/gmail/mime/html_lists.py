"""Marks of the entries of lists, as browsers write them: a number may be any amount, and letters may be words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LARGEST = 2**31 - 1  # of browsers' integers
LARGEST_ROMAN = 3999
_INTEGER = re.compile(r"[ \t\n\f\r]*([+-]?[0-9]{1,10})(?![0-9])")  # https://html.spec.whatwg.org/#rules-for-parsing-integers
_ROMAN = {
    1000: "M",
    900: "CM",
    500: "D",
    400: "CD",
    100: "C",
    90: "XC",
    50: "L",
    40: "XL",
    10: "X",
    9: "IX",
    5: "V",
    4: "IV",
    1: "I",
}
_NUMBERED = {"1", "a", "A", "i", "I"}
_KNOWN = {*_NUMBERED, "disc", "circle", "square"}


@dataclass
class OpenList:
    """An open list. `number`: of its next entry. `style`: of its marks, as HTML's `type` has it; empty for dots."""

    number: int
    style: str

    def mark(self, attributes: Mapping[str, str]) -> str:
        """Write the mark of the next entry, which has these attributes."""
        number = read_integer(attributes.get("value", ""), self.number)
        self.number = number + 1
        style = attributes.get("type", "")
        style = style if style in _KNOWN else self.style
        return f"{write_number(number, style)}." if style in _NUMBERED else "*"


def open_list(name: str, attributes: Mapping[str, str]) -> OpenList:
    """Open a list."""
    if name != "ol":
        return OpenList(1, "")
    style = attributes.get("type", "")
    return OpenList(read_integer(attributes.get("start", ""), 1), style if style in _NUMBERED else "1")


def read_integer(value: str, default: int) -> int:
    """Read an integer as browsers do."""
    match = _INTEGER.match(value)
    return int(match[1]) if match and abs(int(match[1])) <= LARGEST else default


def write_number(number: int, style: str) -> str:
    """Write a number in a style; as digits if it has no other form."""
    if style in {"a", "A"} and number > 0:
        written = write_letters(number)
    elif style in {"i", "I"} and 0 < number <= LARGEST_ROMAN:
        written = write_roman(number)
    else:
        return str(number)
    return written.lower() if style.islower() else written


def write_letters(number: int) -> str:
    """Write a number above 0 as A to Z, AA, AB and so on."""
    written = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        written = chr(ord("A") + rest) + written
    return written


def write_roman(number: int) -> str:
    """Write a number as Roman numerals."""
    written = ""
    for value, letters in _ROMAN.items():
        written += letters * (number // value)
        number %= value
    return written
