"""HTML becomes text, whatever it is, and quickly."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.gmail.mime.html import LARGEST_HTML, read_html

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
    "see <a href='https://a.example'><img src=x alt='Press here'></a>!": "see [Press here](https://a.example)!",
    "<img src='https://t.example/pixel.gif' width=1 alt=tracker>text": "text",
    "<title>no</title><style>p{}</style><script>if (a<b) '</p>'</script><!-- <p>no</p> -->yes": "yes",
    "<script>never closed": "",
    "yes<!-- never closed": "yes",
    "<![if !mso]>shown<![endif]><?xml x?><!DOCTYPE html>": "shown",
    "1 < 2 and 3 > 2": "1 < 2 and 3 > 2",
    "cut off <a href='https://": "cut off <a href='https://",
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
]


@pytest.mark.parametrize("source", TEXTS, ids=range(len(TEXTS)))
def test_html_is_converted_to_readable_text(source):
    assert read_html(source) == TEXTS[source]


@pytest.mark.parametrize("piece", SLOW)
def test_hostile_html_takes_linear_time(piece):
    begun = time.process_time()
    read_html(piece * (LARGEST_HTML // len(piece)))
    assert time.process_time() - begun < 15


def test_long_html_is_truncated():
    assert len(read_html("x " * LARGEST_HTML)) < LARGEST_HTML


@given(st.lists(st.sampled_from([*TEXTS, *SLOW, "x", '"', "'", ">", "-->", "=", "\x00", "\ud800", "ﬀ"])).map("".join))
def test_text_before_broken_html_is_preserved(source):
    assert read_html(f"before {source}").startswith("before")
