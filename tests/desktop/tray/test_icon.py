"""The icon is read at a glance: at the size of a tray, on light and dark, and without its colours."""

import itertools

import pytest
from PIL import Image, ImageChops, ImageStat

from desktop.tray.icon import DOT, HAND, StatusLevel, draw
from tests.desktop import drawing
from tests.window.conftest import browser

__all__ = ["browser"]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, other: str) -> float:
    light, dark = sorted((luminance(first), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("size", [16, 22, 32, 64])
def test_status_levels_differ_in_shape_without_colour(size):
    shapes = {level: draw(level, size=size).getchannel("A") for level in StatusLevel}
    for first, other in itertools.combinations(StatusLevel, 2):
        difference = ImageStat.Stat(ImageChops.difference(shapes[first], shapes[other])).sum[0] / 255
        assert difference >= size * size * 0.008, f"{first} looks like {other} at {size} pixels"


@pytest.mark.parametrize("size", [16, 22, 32, 64])
@pytest.mark.parametrize("level", StatusLevel)
def test_pending_marker_differs_in_shape_at_every_level(level, size):
    shapes = [draw(level, waiting=waiting, size=size).getchannel("A") for waiting in (False, True)]
    assert ImageStat.Stat(ImageChops.difference(*shapes)).sum[0] / 255 >= size * size * 0.03


@pytest.mark.parametrize("ground", ["#ffffff", "#202020"])
def test_icon_stands_out_on_light_and_dark(ground):
    assert all(contrast(colour, ground) >= 3 for colour in (HAND, *DOT.values()))


def test_opaque_icon_has_a_ground():
    image = draw(StatusLevel.off, ground="#f6f7f7")
    assert image.getchannel("A").getextrema() == (255, 255)
    assert image.getpixel((0, 0))[:3] == (0xF6, 0xF7, 0xF7)


def test_pictures_are_current(request, browser, root, tmp_path):
    assets = root / "assets"
    if request.config.getoption("--draw"):
        drawing.draw_all(browser, assets)
    (tmp_path / "icon.svg").write_bytes((assets / "icon.svg").read_bytes())
    drawing.draw_all(browser, tmp_path)
    for name in (drawing.MASK, drawing.PICTURE, drawing.WINDOWS, drawing.MACOS):
        with Image.open(assets / name) as stored, Image.open(tmp_path / name) as fresh:
            difference = ImageChops.difference(stored.convert("RGBA"), fresh.convert("RGBA"))
        assert max(ImageStat.Stat(difference).mean) < 1, (
            f"{name} is old: python3 run.py test tests/desktop/tray/test_icon.py --draw"
        )
