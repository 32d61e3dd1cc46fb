"""Letters in the colour of their background are noticed."""

import pytest

from server.integrations.gmail.mime.html import read_html
from server.integrations.gmail.mime.html_colors import UnknownColor, parse_background, parse_color
from server.integrations.gmail.mime.html_notes import HIDDEN


@pytest.mark.parametrize(
    ("value", "color"),
    [
        ("white", (255, 255, 255)),
        (" #FFF", (255, 255, 255)),
        ("003366", (0, 51, 102)),
        ("rgb(34 35 36 / 0.9)", (34, 35, 36)),
        ("rgba(34, 35, 36, .9)", (34, 35, 36)),
        ("hsl(0, 0%, 100%)", (255, 255, 255)),
        ("windowtext", (0, 0, 0)),
        ("inherit", None),
    ],
)
def test_color_is_parsed(value, color):
    assert parse_color(value) == color


@pytest.mark.parametrize("value", ["oklch(1 0 0)", "color-mix(in srgb, white, white)", "var(--x)", "#ff"])
def test_color_that_is_not_known_is_refused(value):
    with pytest.raises(UnknownColor):
        parse_color(value)


def test_background_is_found_among_other_words():
    assert parse_background("no-repeat rgb(1, 2, 3) top") == (1, 2, 3)


@pytest.mark.parametrize(
    "source",
    [
        "<p style='color:white'>x",
        "<font color=#fefefe>x</font>",
        "<font color=#fefefe><img alt=x></font>",
        "<body text=white>x",
        "<div style='background:black'>x</div>",
        "<table bgcolor=#000><tr><td><font color=#111>x</font></table>",
        "<div style='background-color:#036;color:#fff'>x<p style='color:#003567'>y</div>",
        "<p style='color:lab(100 0 0)'>x",
    ],
)
def test_letters_in_the_color_of_their_background_are_named(source):
    assert HIDDEN in read_html(source).unshown


@pytest.mark.parametrize(
    "source",
    [
        "<table><tr><td bgcolor=#000><font color=white>x</font></table>",
        "<div style='background:#036 no-repeat'> <p style='color:#fff'>x</div> y",
        "<p style='background:#000;color:#fff'>x</p><p style='color:#000'>y",
        "<p style='color:rgb(34, 34, 34)'>x<span style='color:#999'>y<a style='color:inherit'>z",
    ],
)
def test_letters_that_stand_out_are_not_named(source):
    assert read_html(source).unshown == ()
