"""HTML is rebuilt, so that what is shown is what is sent."""

import time

import pytest

from server.core.errors import InvalidInput
from server.integrations.gmail.mime.outgoing_html import rebuild

HIDDEN = (
    "<p>See you on Monday.</p><textarea>and bring the contract</textarea><svg><text y='20'>signed by both</text></svg>"
    "<!-- --!><p>before noon</p><img alt='at the harbour office' src='cid:none'>"
)


def test_everything_that_is_sent_is_shown():
    rebuilt = rebuild(HIDDEN)
    assert rebuilt.source == (
        '<p>See you on Monday.</p>and bring the contract<p>before noon</p><img alt="at the harbour office">'
    )
    assert rebuilt.text == "See you on Monday.\n\nand bring the contract\n\nbefore noon\n\nat the harbour office"
    assert rebuilt.note == "Removed from the HTML: textarea, svg, text, src."


def test_plain_html_stays_as_it_is():
    source = '<p style="color:red;font-weight:bold">Hi <a href="https://x.example/?a=1&amp;b=2">you</a><br></p><table><tbody></tbody></table>'
    rebuilt = rebuild(source)
    assert (rebuilt.source, rebuilt.removed) == (source, ())


@pytest.mark.parametrize(
    ("source", "removed"),
    [
        ("<script>alert(1)</script>x", ("script",)),
        ("<p onclick=x style='display:none;color:red'>x", ("onclick", "display")),
        ("<a href='javascript:alert(1)'>x</a>", ("links that are no web, mail or telephone addresses",)),
        ("<p>x<iframe src=https://a.example></iframe><object data=y></object>", ("iframe", "object")),
        ("<style>p::after{content:'pay'}</style><q style='quotes:\"pay\"'>x</q>", ("style", "quotes")),
        ("<bdo dir=rtl>x</bdo><img src=https://a.example/pixel.gif>", ("bdo", "src")),
        ("<html><head><meta charset=utf-8><title>t</title></head><body class=y>x", ("title",)),
    ],
)
def test_removed_elements_are_named(source, removed):
    rebuilt = rebuild(source)
    assert rebuilt.removed == removed
    assert "pay" not in rebuilt.source


@pytest.mark.parametrize(
    "source",
    ["x " * 260_000, "<p>" * 20_001, "<b id=1>" * 2000, "&" * 499_000, "<p" + "".join(f" a{n}" for n in range(600)) + ">"],
)
def test_html_beyond_the_limits_is_refused_at_once(source):
    begun = time.process_time()
    with pytest.raises(InvalidInput, match="too long or too intricate"):
        rebuild(source)
    assert time.process_time() - begun < 3


def test_long_address_is_refused():
    with pytest.raises(InvalidInput):
        rebuild(f"<a href='https://a.example/{'x' * 3000}'>x</a>")


def test_surrogates_are_replaced():
    assert rebuild("a\ud800b").source == "a?b"


def test_no_html_stays_none():
    assert rebuild(None) is None


@pytest.mark.parametrize(
    ("source", "sent", "removed"),
    [
        (
            "<div dir=rtl><span dir=ltr>Ann</span> pays <span dir=ltr>Bob</span></div>",
            "<div><span>Ann</span> pays <span>Bob</span></div>",
            ("dir",),
        ),
        ("I do <span style='font-size:0;color:red'>not</span>", 'I do <span style="color:red">not</span>', ("font-size",)),
        ("<p style='color:transparent'>x", '<p style="">x</p>', ("color",)),
        ("I do <font color=#fefefe>not</font>", "I do <font>not</font>", ("background-color", "bgcolor", "color")),
        ("<p style='margin: 0 0 0 -99px'>x", '<p style="">x</p>', ("margin",)),
    ],
)
def test_style_that_hides_or_turns_words_is_removed(source, sent, removed):
    rebuilt = rebuild(source)
    assert (rebuilt.source, rebuilt.removed) == (sent, removed)


def test_direction_that_fits_the_letters_stays():
    source = '<div dir="rtl">שלום Bob, מה שלומך</div>'
    assert (rebuild(source).source, rebuild(source).removed) == (source, ())


def test_marks_of_lists_are_shown():
    assert rebuild("<ol type=A start=2097021><li>x</ol>").text == "DOHBQ. x"
