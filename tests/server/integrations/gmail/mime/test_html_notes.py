"""Notes name what the text of HTML cannot show."""

import pytest

from server.integrations.gmail.mime.html_notes import (
    DRAWING,
    FORM,
    HIDDEN,
    LINKS,
    OTHER_DOCUMENT,
    PICTURES,
    REVERSED,
    STYLE_SHEET,
    find_notes,
    note_style,
)

FAR = "https://a.example/pay.png"


@pytest.mark.parametrize(
    ("name", "attributes", "note"),
    [
        ("style", {}, STYLE_SHEET),
        ("link", {"rel": "stylesheet", "href": "x"}, STYLE_SHEET),
        ("q", {"style": "quotes:'pay'"}, STYLE_SHEET),
        ("li", {"type": "'pay'"}, STYLE_SHEET),
        ("img", {"src": FAR}, PICTURES),
        ("source", {"srcset": FAR}, PICTURES),
        ("input", {"type": "image", "src": FAR}, PICTURES),
        ("table", {"background": "data:image/png,x"}, PICTURES),
        ("image", {"href": FAR}, PICTURES),
        ("use", {"xlink:href": FAR}, PICTURES),
        ("video", {"poster": FAR}, PICTURES),
        ("iframe", {"src": FAR}, OTHER_DOCUMENT),
        ("object", {"data": FAR}, OTHER_DOCUMENT),
        ("meta", {"http-equiv": "Refresh ", "content": "0;url=x"}, OTHER_DOCUMENT),
        ("bdo", {"dir": "rtl"}, REVERSED),
        ("ol", {"reversed": ""}, REVERSED),
        ("svg", {}, DRAWING),
        ("math", {}, DRAWING),
        ("base", {"href": FAR}, LINKS),
        ("form", {}, FORM),
        ("button", {"formaction": FAR}, FORM),
        ("details", {}, HIDDEN),
        ("template", {}, HIDDEN),
        ("meter", {"value": "1"}, HIDDEN),
        ("p", {"hidden": ""}, HIDDEN),
        ("td", {"width": "99999"}, HIDDEN),
        ("p", {"style": "display : none"}, HIDDEN),
    ],
)
def test_element_is_named(name, attributes, note):
    assert note in find_notes(name, attributes)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("p", {}),
        ("img", {"src": "cid:a", "alt": "b"}),
        ("a", {"href": FAR}),
        ("details", {"open": ""}),
        ("ul", {"type": "disc"}),
        ("table", {"width": "1200", "cellpadding": "8"}),
        ("meta", {"http-equiv": "content-type", "content": "text/html"}),
    ],
)
def test_harmless_element_is_not_named(name, attributes):
    assert list(find_notes(name, attributes)) == []


@pytest.mark.parametrize(
    ("style", "note"),
    [
        ("float: right", REVERSED),
        ("color:red;-webkit-transform:scaleX(-1)", REVERSED),
        ("position:absolute", REVERSED),
        ("margin: 0 0 0 -300px", REVERSED),
        ("vertical-align:-200px", REVERSED),
        ("display: flex; flex-direction: row-reverse", REVERSED),
        ("font-size:0", HIDDEN),
        ("font-size: 1px !important", HIDDEN),
        ("font-size:calc(1em*0)", HIDDEN),
        ("font-size:1e-9em", HIDDEN),
        ("font:0/0 a", HIDDEN),
        ("line-height:0", HIDDEN),
        ("visibility:hidden", HIDDEN),
        ("opacity:.01", HIDDEN),
        ("color:transparent", HIDDEN),
        ("color:/**/#fff0", HIDDEN),
        ("color:#00000000", HIDDEN),
        ("color:rgba(0, 0, 0, 0.0)", HIDDEN),
        ("color:hsl(0 0% 0% / 1%)", HIDDEN),
        ("padding-left:9999px", HIDDEN),
        ("margin-left:400em", HIDDEN),
        ("max-height:0;overflow:hidden", HIDDEN),
    ],
)
def test_style_that_hides_or_moves_words_is_named(style, note):
    assert note in note_style(style)


@pytest.mark.parametrize(
    "style",
    [
        'color: red; font-family: "Curly"',
        "color:rgb(255,0,0);background-color:rgba(0,0,0,.9);border-color:transparent",
        "background-color:transparent;line-height:1.38;font-size:11pt;vertical-align:baseline;color:#000000;white-space:pre-wrap",
        "margin:0 auto;padding:10px 0;width:100%;max-width:1200px;text-transform:uppercase;border:0;border-spacing:0",
        "font-size:x-small;line-height:normal;overflow-wrap:break-word",
    ],
)
def test_usual_style_is_not_named(style):
    assert list(note_style(style)) == []
