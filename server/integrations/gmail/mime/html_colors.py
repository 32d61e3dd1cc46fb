"""Colours of letters and of what is behind them: nobody sees letters in the colour of their background."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

LEAST_CONTRAST = 1.5  # https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
LONGEST_COLOR = 100
Rgb = tuple[int, int, int]
_STYLE = re.compile(r"(?:^|;)\s*(color|background(?:-color)?)\s*:\s*([^;!]*)", re.IGNORECASE)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_SEPARATORS = re.compile(r"[\s,/]+")
_INHERITED = {"inherit", "unset", "revert", "currentcolor", "transparent", "none", ""}
_KEYWORDS: dict[str, Rgb] = {"initial": (0, 0, 0), "windowtext": (0, 0, 0), "canvastext": (0, 0, 0), "window": (255, 255, 255)}


class UnknownColor(ValueError):
    """It is not known how a colour looks."""


@dataclass(frozen=True)
class Colors:
    """Colours within an element."""

    letters: Rgb = (0, 0, 0)
    background: Rgb = (255, 255, 255)

    def within(self, attributes: Mapping[str, str]) -> "Colors":
        """Colours within an element inside of it. Raises UnknownColor."""
        style = {name.lower().removesuffix("-color"): value for name, value in _STYLE.findall(attributes.get("style", ""))}
        letters = style.get("color", attributes.get("color", attributes.get("text", "")))
        background = style.get("background", attributes.get("bgcolor", ""))
        return Colors(parse_color(letters) or self.letters, parse_background(background) or self.background)

    @property
    def is_legible(self) -> bool:
        """Return whether letters stand out from their background."""
        bright, dark = sorted((luminance(self.letters), luminance(self.background)), reverse=True)
        return (bright + 0.05) / (dark + 0.05) >= LEAST_CONTRAST


def parse_background(value: str) -> Rgb | None:
    """Parse the colour in what is said of a background. Raises UnknownColor."""
    parts = re.split(r"\s+(?![^(]*\))", value.strip()[:LONGEST_COLOR])
    for part in parts if len(parts) > 1 else ():
        with suppress(UnknownColor):
            return parse_color(part)
    return parse_color(parts[-1])


@lru_cache(1000)
def parse_color(value: str) -> Rgb | None:
    """Parse a colour; None for one that does not change what is there. Raises UnknownColor."""
    from PIL import ImageColor

    name = value.strip().lower()
    if name in _INHERITED:
        return None
    if name in _KEYWORDS:
        return _KEYWORDS[name]
    if re.fullmatch(r"[0-9a-f]{6}", name):  # as bgcolor may have it
        name = f"#{name}"
    if function := _FUNCTION.fullmatch(name):
        name = f"{function[1]}({','.join(_SEPARATORS.split(function[2].strip())[:3])})"
    try:
        red, green, blue, *_ = ImageColor.getrgb(name[:LONGEST_COLOR])
    except ValueError:
        raise UnknownColor from None
    return red, green, blue


def luminance(color: Rgb) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    red, green, blue = ((part / 255 + 0.055) / 1.055 for part in color)
    return float(0.2126 * red**2.4 + 0.7152 * green**2.4 + 0.0722 * blue**2.4)
