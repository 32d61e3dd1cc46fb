"""HTML becomes text, whatever it is, and quickly."""

import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.gmail.mime.html import DEEPEST, REST, read_html
from server.integrations.gmail.mime.html_limits import LARGEST_HTML
from server.integrations.gmail.mime.html_notes import OTHER_DOCUMENT

TEXTS = {
    "<p>one</p><p>two</p>": "one\n\ntwo",
    "one<br>two<br/>three": "one\ntwo\nthree",
    "  much \n\n white\tspace  ": "much white space",
    "<b>bo</b>ld <i>and</i>&nbsp;so&amp;on &lt;i&gt;": "bold and so&on <i>",
    "<h1>Title</h1><div>line</div><div>line</div>": "Title\n\nline\nline",
    "<ul><li>a<li>b</ul>after": "* a\n* b\n\nafter",
    "<ol><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ol>": "1. a\n2. b\n  * c\n3. d",
    "<blockquote>said<br>this<blockquote>that</blockquote></blockquote>me": "> said\n> this\n\n> > that\n\nme",
    "<table><tr><td>Total</td><td>£5</td></tr><tr><th>Tip</th><td>none</td></tr></table>": "Total £5\nTip none",
    "<pre>a  b\n  c\n\nd</pre>e": "a  b\n  c\n\nd\n\ne",
    "<a href='https://a.example/?b=1&amp;c=2'>here</a>": "[here](https://a.example/?b=1&c=2)",
    "<a href=https://a.example>https://a.example</a>": "https://a.example",
    "<a href='mailto:a@b.example'>a@b.example</a>": "a@b.example",
    "<a href='javascript:alert(1)'>no</a><a name=x>anchor</a>": "noanchor",
    "<a href='https://a.example'>not closed": "[not closed](https://a.example)",
    "see <a href='https://a.example'><img src=x alt='Press here'></a>!": "see [Press here](https://a.example) !",
    "<img src='https://t.example/pixel.gif' width=1 alt=tracker>text": "tracker text",
    "<title>no</title><style>p{}</style><script>if (a<b) '</p>'</script><!-- <p>no</p> -->yes": "yes",
    "<script>never closed": "",
    "yes<!-- never closed": "yes",
    "<![if !mso]>shown<![endif]><?xml x?><!DOCTYPE html>": "shown",
    "1 < 2 and 3 > 2": "1 < 2 and 3 > 2",
    "cut off <a href='https://": "cut off",
    "a<textarea>and <b>c</textarea>": "a\nand <b>c",
    "a<svg><title>no</title><text>signed</text></svg>b<math><mi>x</mi></math>": "a signed b x",
    "<!-- --!>shown<!--> too<!---> and<!-- > not -->": "shown too and",
    "<a title='>' href='https://a.example'>after</a><p title=\"'>\">more": "[after](https://a.example)\n\nmore",
    "<img alt='50% off'><img alt='Code &quot;A&quot;'>": '50% off Code "A"',
    "<a href='https://a.example/empty'><img src=cid:x></a>": "https://a.example/empty",
    "<a href='tel:+44 1'>call</a><a href='java\nscript:x'>no</a>": "[call](tel:+44%201)no",
    "<select><optgroup label=all><option selected>one<option label=two></select>": "all\none\ntwo",
    "<input value=typed><input type=hidden value=no><input type=submit><input placeholder=name><button>go</button>": (
        "typed Submit name go"
    ),
    "<iframe srcdoc='&lt;p>framed &lt;b>deep'></iframe><template><p>held</template><noscript>ns</noscript>": (
        "framed deep\n\nheld\n\nns"
    ),
    "<xmp><b></xmp><plaintext></p><em>": "<b>\n\n</p><em>",
    "<font size=1><b id=1><p>x<p>y": "x\n\ny",
    "&#xD800;&#0;&#99999999999;": "\ufffd\ufffd\ufffd",
    "</p></ul></blockquote></pre></a>text": "text",
    "": "",
}
SLOW = [
    "<",
    "<!--",
    "<!",
    "<?",
    "</",
    "<a ",
    "<a href=",
    "<div>",
    "<ul><li>",
    "<script>",
    "<svg/>",
    "&",
    "&#",
    "\n",
    " ",
    "<b>",
    "<pre>\n",
    "<a a",
    "<a/x=",
    "<p title='>",
    "<template>",
    "<iframe srcdoc='",
    "<table>",
    "<svg><foreignObject>",
    "<select>",
    "&amp",
    "data:,",
]


def test_documents_in_each_other_are_read_down_to_a_depth() -> None:
    source = "innermost"
    for depth in range(DEEPEST + 1):
        source = f"<p>{depth}</p><iframe srcdoc='{escape(source)}'></iframe>"
    reading = read_html(source)
    assert reading.text.split() == [str(depth) for depth in range(DEEPEST, -1, -1)]
    assert OTHER_DOCUMENT in reading.unshown


@pytest.mark.parametrize("source", TEXTS, ids=range(len(TEXTS)))
def test_html_is_converted_to_readable_text(source):
    assert read_html(source).text == TEXTS[source]


@pytest.mark.parametrize("piece", SLOW)
def test_hostile_html_takes_linear_time(piece):
    begun = time.process_time()
    read_html(piece * (LARGEST_HTML // len(piece)))
    assert time.process_time() - begun < 15


def test_long_html_is_cut_and_says_so():
    reading = read_html("x " * LARGEST_HTML)
    assert len(reading.text) < LARGEST_HTML
    assert (reading.cut, reading.unshown) == (True, (REST,))
    assert not read_html("x " * (LARGEST_HTML // 2)).cut


def test_reference_to_a_character_of_4301_digits_is_read():
    assert read_html(f"<p>before &#{'9' * 4301};after").text == "before \ufffdafter"


@pytest.mark.parametrize("opened", [f"<b id={number}>" for number in ("%d", "x%d")] + ["<font size=%d>", "<svg></svg><i id=%d>"])
def test_unclosed_formatting_is_read_in_bounded_memory(opened):
    source = "<p>" + "".join(opened % number for number in range(4000)) + "".join(f"<p>w{number}." for number in range(4000))
    begun = time.process_time()
    reading = read_html(source)
    assert time.process_time() - begun < 15
    assert reading.cut or "w3999." in reading.text


@pytest.mark.parametrize(
    ("source", "unshown"),
    [
        ("<template><template><template><template>pay", "another document inside it"),
        (f"<a href='https://a.example/{'x' * 2000}'>x", "a very long address"),
        ("<style>p::after{content:'pay'}</style>", "a style sheet, which may add words"),
        ("<div dir=rtl><span dir=ltr>Ann</span> pays <span dir=ltr>Bob</span></div>", "words that are shown in another order"),
        ("<div style='direction: rtl'>Ann", "words that are shown in another order"),
        ("<div dir=auto>א, Ann pays Bob", "words that are shown in another order"),
    ],
)
def test_content_that_text_cannot_show_is_named(source, unshown):
    assert unshown in read_html(source).unshown


def test_harmless_html_is_shown_completely():
    assert (
        read_html("<p style='color: red; font-family: \"Curly\"'>x<img src=cid:y><a href=https://a.example>z</a>").unshown == ()
    )


@given(st.lists(st.sampled_from([*TEXTS, *SLOW, "x", '"', "'", ">", "-->", "=", "\x00", "\ud800", "ﬀ"])).map("".join))
def test_text_before_broken_html_is_preserved(source):
    assert read_html(f"before {source}").text.startswith("before")


@pytest.mark.parametrize("source", ["<p dir=rtl>שלום Bob, מה שלומך", "<p dir=auto>Hello", "<p dir=ltr>Hello", "<p dir=RTL>"])
def test_direction_of_its_own_letters_turns_nothing(source):
    assert read_html(source).unshown == ()


def test_marks_of_lists_are_those_that_a_browser_shows():
    assert read_html("<ol start=500 type=A><li>x<li value=2097021>y<li>z</ol>").text == "SF. x\nDOHBQ. y\nDOHBR. z"


@pytest.mark.parametrize("source", ["<a href=//a.example/x>b</a>", "<map><area href=//a.example/x alt=b></map>"])
def test_link_is_shown_wherever_it_leads(source):
    assert read_html(source).text == "[b](//a.example/x)"
