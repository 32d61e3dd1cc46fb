"""Draw the pictures in assets/ from assets/icon.svg, with Chromium.

python3 run.py test tests/desktop/tray/test_icon.py --draw
"""

import io
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser

MASK, PICTURE, WINDOWS, MACOS = "icon-256.png", "icon.png", "icon.ico", "icon.icns"
TEAL, LIGHT = "#0b6b68", "#ffffff"
PAGE = "<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}"


def draw_hand(browser: Browser, svg: str, size: int) -> Image.Image:
    """Draw the hand as the browser sees it, on nothing."""
    page = browser.new_page(viewport={"width": size, "height": size})
    page.set_content(PAGE.format(size=size, svg=svg))
    picture = page.screenshot(omit_background=True)
    page.close()
    return Image.open(io.BytesIO(picture)).convert("RGBA")


def draw_tile(hand: Image.Image) -> Image.Image:
    """A light hand on a rounded tile, as programs look in docks and lists."""
    size = hand.width
    tile = Image.new("RGBA", (size, size))
    shape = Image.new("L", (size * 2, size * 2))
    ImageDraw.Draw(shape).rounded_rectangle((size // 8, size // 8, size * 15 // 8, size * 15 // 8), size * 7 // 16, fill=255)
    tile.paste(TEAL, mask=shape.resize((size, size), Image.Resampling.LANCZOS))
    inside = hand.getchannel("A").resize((size * 9 // 16,) * 2, Image.Resampling.LANCZOS)
    tile.paste(LIGHT, (size * 7 // 32, size * 7 // 32), mask=inside)
    return tile


def draw_all(browser: Browser, assets: Path) -> None:
    """Make every picture anew."""
    svg = (assets / "icon.svg").read_text(encoding="utf-8")
    draw_hand(browser, svg, 256).save(assets / MASK, optimize=True)
    tile = draw_tile(draw_hand(browser, svg, 1024))
    tile.resize((512, 512), Image.Resampling.LANCZOS).save(assets / PICTURE, optimize=True)
    tile.save(assets / WINDOWS, sizes=[(size, size) for size in (16, 20, 24, 32, 48, 64, 128, 256)])
    tile.save(assets / MACOS)
