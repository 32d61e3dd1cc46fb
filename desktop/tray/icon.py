"""Draws the icon: a hand that is also a cursor, with a dot at the lower right whose shape shows the status.

A diamond at the upper right marks pending approvals.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from server.core.resources import shipped

if TYPE_CHECKING:
    from PIL.Image import Image

MASK = "assets/icon-256.png"
SIZE = 64  # systems scale it down for their trays
FINER = 4  # how much finer it is drawn than shown, for smooth edges
GROUND = "#f6f7f7"  # where a tray cannot let its own colour through


class StatusLevel(StrEnum):
    """Status at a glance."""

    off = "off"
    local = "local"
    online = "online"
    attention = "attention"


# Each stands out, 3:1 or more, on a light panel and on a dark one.
HAND = "#0f8f8a"
DOT = {StatusLevel.off: "#7b878a", StatusLevel.local: "#0f8f8a", StatusLevel.online: "#1d9a4f", StatusLevel.attention: "#c77700"}


def draw(level: StatusLevel, *, waiting: bool = False, size: int = SIZE, ground: str | None = None) -> "Image":
    """Draw the icon. `waiting`: approvals are pending. `ground` fills the transparent pixels."""
    from PIL import Image

    fine = size * FINER
    image = Image.new("RGBA", (fine, fine), ground or (0, 0, 0, 0))
    hand = read_hand().resize((fine, fine), Image.Resampling.LANCZOS)
    around, dot = draw_dot(level, fine)
    image.paste(HAND, mask=hand)
    image.paste(ground or (0, 0, 0, 0), mask=around)
    image.paste(DOT[level], mask=dot)
    if waiting:
        image.paste(ground or (0, 0, 0, 0), mask=draw_diamond(fine, round(fine * 0.07)))
        image.paste(DOT[StatusLevel.attention], mask=draw_diamond(fine))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def read_hand() -> "Image":
    """The hand's shape, made from assets/icon.svg."""
    from PIL import Image

    with Image.open(shipped(MASK)) as image:
        return image.getchannel("A")


def draw_dot(level: StatusLevel, size: int) -> tuple["Image", "Image"]:
    """The shapes of the free space around the dot, and of the dot: hollow, half, full, or a ring with a gap."""
    from PIL import Image, ImageDraw

    width = round(size * 0.42)  # free space included
    gap, line = round(size * 0.06), round(size * 0.075)
    corner = size - width + gap
    box, free = (corner, corner, size - 1, size - 1), (corner - gap, corner - gap, size - 1 + gap, size - 1 + gap)
    around, dot = Image.new("L", (size, size)), Image.new("L", (size, size))
    ImageDraw.Draw(around).ellipse(free, fill=255)
    pen = ImageDraw.Draw(dot)
    if level is StatusLevel.online:
        pen.ellipse(box, fill=255)
    elif level is StatusLevel.attention:
        pen.arc(box, -50, 230, fill=255, width=round(line * 1.5))
    else:
        pen.ellipse(box, outline=255, width=line)
        if level is StatusLevel.local:
            pen.chord(box, 90, 270, fill=255)
    return around, dot


def draw_diamond(size: int, around: int = 0) -> "Image":
    """The shape at the upper right, where the hand leaves room; `around`: with free space of this width."""
    from PIL import Image, ImageDraw

    half = round(size * 0.21)
    diamond, (x, y), reach = Image.new("L", (size, size)), (size - 1 - half, half), half + around
    corners = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    ImageDraw.Draw(diamond).polygon(corners, fill=255)
    return diamond
