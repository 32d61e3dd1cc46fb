"""Text from strangers becomes readable and harmless."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.gmail.mime.text import (
    clean_text,
    cut,
    decode_text,
    decode_words,
    find_charset,
    html_to_text,
    json_length,
    one_line,
    read_snippet,
    share_out,
    unflow,
)

DECODED = [
    ("héllo".encode(), "utf-8", "héllo"),
    ("héllo".encode("latin-1"), "iso-8859-1", "héllo"),
    ("“quoted” … 5 €".encode("cp1252"), "iso-8859-1", "“quoted” … 5 €"),
    ("héllo".encode(), "iso-8859-1", "héllo"),
    ("こんにちは".encode("iso-2022-jp"), "iso-2022-jp", "こんにちは"),
    ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
    ("你好".encode("gb18030"), "gb2312", "你好"),
    ("héllo".encode("utf-16"), "utf-16", "héllo"),
    (b"plain", "utf-16", "plain"),
    (b"hi +AKM-5", "utf-7", "hi £5"),
    ("héllo".encode("cp1252"), "x-unknown", "héllo"),
    ("héllo".encode("cp1252"), "", "héllo"),
    (b"plain", "hex", "plain"),
    (b"plain", "idna", "plain"),
    (b"plain", "a\0b", "plain"),
    (b"plain", "unicode_escape", "plain"),
    ("die Größe ändert sich über Nacht nicht mehr schön ärgerlich".encode() + b"\xff", "utf-8", None),
]


@pytest.mark.parametrize(("content", "charset", "text"), DECODED, ids=range(len(DECODED)))
def test_text_of_any_charset_is_decoded(content, charset, text):
    decoded = decode_text(content, charset)
    assert decoded == text if text else decoded.startswith("die Größe ändert")


@given(st.binary(), st.text() | st.sampled_from(["utf-7", "utf-16", "idna", "punycode", "zlib", "rot13", "iso-2022-kr", "hz"]))
def test_decoding_never_fails_and_prefers_utf_8(content, charset):
    decoded = decode_text(content, charset)

    assert isinstance(decoded, str)
    assert decode_text(f"é{decoded}".encode("utf-8", "replace"), charset) == f"é{decoded}".encode("utf-8", "replace").decode()


@pytest.mark.parametrize("name", ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "", "\ud800", "é"])
def test_codec_that_is_no_charset_is_ignored(name):
    assert find_charset(name) == ""


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("=?utf-8?b?SMOkbGxv?=", "Hällo"),
        ("=?iso-8859-1?Q?H=E4llo?= there", "Hällo there"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?x-unknown?Q?H=E4llo?=", "Hällo"),
        ("=?utf-8?b?not base64!?=", None),
        ("=?utf-8?b?A?=", None),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_decoded_if_possible(header, text):
    decoded = decode_words(header)
    assert text is None or decoded == text


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("=?utf-8?q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("in\u200bvoice\U000e0041\U000e0042", "invoice"),
        ("a\x00b\x1bc\u2028d", "a b c d"),
        ("\ud800", "?"),
        ("family 👨‍👩‍👧 می‌خواهم", "family 👨‍👩‍👧 می‌خواهم"),
        ("x" * 5000, "x" * 999 + "…"),
    ],
)
def test_header_becomes_one_harmless_line(value, line):
    assert one_line(value) == line


@given(st.text())
def test_single_line_field_is_normalized(value):
    line = one_line(value)
    json.dumps(line, ensure_ascii=False).encode()
    assert len(line.splitlines()) <= 1


def test_text_keeps_its_lines_and_loses_its_control_characters():
    assert clean_text("\r\na\r\nb\rc\x07\x1b[31m\td\u202e\ud800\n") == "a\nb\nc[31m\td?"


def test_html_loses_its_invisible_characters_too():
    assert html_to_text("<p>in&#8203;voice&#x202e;</p>") == "invoice"


def test_snippet_is_unescaped():
    assert read_snippet("Tom &amp; Jerry&#39;s") == "Tom & Jerry's"
    assert read_snippet(None) == ""


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two\nthree", "> one two\nthree"),
        ("> one \nthree", "> one \nthree"),
        ("one\n-- \nname", "one\n-- \nname"),
        ("one \n-- \nname", "one \n-- \nname"),
        (" >not a quotation", ">not a quotation"),
        ("\n\n", "\n\n"),
    ],
)
def test_flowed_lines_are_joined(text, joined):
    assert unflow(text, delete_space=False) == joined


def test_flowed_lines_lose_the_stuffed_space():
    assert unflow("日本 \n語", delete_space=True) == "日本語"


@given(st.text(), st.integers(2, 200))
def test_truncated_text_fits_the_limit(text, most):
    piece = cut(text.encode("utf-8", "replace").decode(), most)
    assert json_length(piece) <= max(most, 2)
    assert text.encode("utf-8", "replace").decode().startswith(piece)


def test_short_text_is_not_truncated():
    assert cut('say "hi"\n', json_length('say "hi"\n')) == 'say "hi"\n'


@given(st.lists(st.integers(0, 1000)), st.integers(-10, 5000))
def test_shares_are_fair(costs, budget):
    shares = share_out(costs, budget)
    assert sum(shares) <= max(0, budget)
    assert all(share <= cost for share, cost in zip(shares, costs, strict=True))
    if sum(costs) <= budget:
        assert shares == costs
    cut_short = [share for share, cost in zip(shares, costs, strict=True) if share < cost]
    assert not cut_short or max(shares) - min(cut_short) <= max(1, len(costs))


def test_text_of_html_says_that_it_is_cut():
    assert html_to_text("x " * 300_000).endswith("x\n\n[The rest of this mail is too long or too intricate to be shown.]")
    assert html_to_text("<p>x") == "x"


def test_snippet_with_a_long_number_is_read():
    assert read_snippet(f"before &#{'9' * 4301}; after").startswith("before ")
    assert read_snippet("a &amp; b &#228;") == "a & b ä"
