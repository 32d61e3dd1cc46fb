"""Headers are put in and taken out, and nothing else changes."""

import pytest

from server.integrations.gmail.fake.wire import has_header, normalise, read_header, with_headers, without_header

RAW = b"A: 1\r\nBCC : x@example.com,\r\n\ty@example.com\r\nB: 2\r\nbcc: z@example.com\r\n\r\nBcc: body\r\n\xff"


def test_header_is_removed_with_its_folded_lines() -> None:
    assert without_header(RAW, "Bcc") == b"A: 1\r\nB: 2\r\n\r\nBcc: body\r\n\xff"


@pytest.mark.parametrize("raw", [b"Bcc: x\r\n\r\nbody", b"Bcc: x"])
def test_only_header_can_be_removed(raw: bytes) -> None:
    assert b"Bcc" not in without_header(raw, "bcc")


def test_header_with_the_same_prefix_stays() -> None:
    assert without_header(b"Bccx: 1\r\nX-Bcc: 2\r\n\r\n", "Bcc") == b"Bccx: 1\r\nX-Bcc: 2\r\n\r\n"


def test_headers_are_added_at_the_top() -> None:
    assert with_headers(b"A: 1\r\n\r\n", [("B", "2"), ("C", "3")]) == b"B: 2\r\nC: 3\r\nA: 1\r\n\r\n"


def test_header_is_unfolded_and_decoded() -> None:
    raw = b"subject: =?utf-8?Q?=C3=A9?=\r\n  more\r\nEmpty:\r\n\r\nOther: body"

    assert read_header(raw, "Subject") == "é more"
    assert (has_header(raw, "Empty"), has_header(raw, "Other"), has_header(raw, "SUBJECT")) == (False, False, True)


def test_line_endings_become_crlf() -> None:
    assert normalise(b"a\nb\r\nc") == b"a\r\nb\r\nc"
