"""A part of a draft says what of it cannot be shown."""

from email import message_from_bytes

import pytest

from server.integrations.gmail.mime.raw_part import read_part

SHOWN = [
    b"\ntext",
    "\ntäxt".encode(),
    b"Content-Type: text/plain; charset=iso-8859-1\n\nna\xefve",
    b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+eDwvYj4=",
    b"Content-Type: text/html\n\n<meta charset=utf-8><p>text",
    b"Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: quoted-printable\n\na=C3=A4=\nb",
    b"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$\x22\x1b(B",
    b"Content-Type: application/pdf; name=a.pdf\n\nx",
    b"Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\nx",
]
UNSHOWN = {
    b"Content-Type: text/html\n\n<style>p::after{content:'pay'}</style>": "a style sheet, which may add words",
    b"Content-Type: text/plain; charset=made-up\n\nna\xefve": "its encoding is unclear",
    b"Content-Type: text/html\n\n<meta charset=koi8-r>\xc3\xa4": "its encoding is unclear",
    b"Content-Type: text/html\n\n<meta charset=iso-2022-jp>\x1b$B$\x22\x1b(B": "its encoding is unclear",
    b"Content-Type: text/plain; charset=utf-7\n\n+AGE-": "its encoding is unclear",
    b"Content-Type: text/plain; charset=gb18030\n\n\xc3\xa4": "its encoding is unclear",
    b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n!80\nend": "its encoding is unclear",
    b"Content-Transfer-Encoding: base64\n\nPGI$$": "its encoding is unclear",
    b"Content-Type: text/plain\nContent-Type: text/html\n\n<img alt=x>": "its encoding is unclear",
    b"Content-Type: text/plain; charset=hz-gb-2312\n\nhi ~{PAYBACK!~}": "its encoding is unclear",
    b"Content-Type: text/plain; charset=iso-2022-kr\n\nhi \x0ePAYBACK!\x0f": "its encoding is unclear",
    b"Content-Type: text/plain; charset=cp037\n\nSEND MONEY": "its encoding is unclear",
    b"Content-Type: text/plain; charset=unicode-1-1-utf-7\n\n+AGE-": "its encoding is unclear",
    b"Content-Type: text/plain; charset=utf-8; charset=utf-7\n\n+AGE-": "its encoding is unclear",
    b"Content-Type: text/plain; charset=iso-8859-1\n\n\xfe\xffpays": "its encoding is unclear",
    b"Content-Type: text/html\n\n<meta charset=utf-7>+AGE-": "its encoding is unclear",
    b"Content-Type: (text/plain) text/html\n\n<img alt=x>": "its encoding is unclear",
    b"Content-Transfer-Encoding: quoted-printable\n\na= \nb": "its encoding is unclear",
    b"Content-Transfer-Encoding: quoted-printable\n\n=Z=40": "its encoding is unclear",
    b"Content-Type: text/calendar\nContent-Disposition: attachment\n\npay": "mail programs may show it as text",
    b"Content-Type: application/x; name=A.ICS\n\npay": "mail programs may show it as text",
    b"Content-Type: image/svg+xml\nContent-Disposition: inline\n\n<svg>": "mail programs may show it as text",
    b"Content-Type: text/csv\nContent-Disposition: attachment\nContent-Disposition: x\n\n1": "mail programs may show it as text",
    b"Content-Type: text/x-amp-html\n\n<p>pay": "mail programs may show it as text",
    b"Content-Type: text/plain; name=body.txt\n\npay": "mail programs may show it as text",
    b"Content-Type: message/rfc822\n\nSubject: s\n\npay": "mail programs may show it as text",
    b"Content-Type: multipart/mixed\n\npay": "mail programs may show it as text",
}


@pytest.mark.parametrize("raw", SHOWN)
def test_plain_part_is_shown_completely(raw):
    assert read_part(message_from_bytes(raw), 1).unshown == ()


@pytest.mark.parametrize("raw", UNSHOWN)
def test_part_that_cannot_be_shown_says_so_and_has_its_source(raw):
    part = read_part(message_from_bytes(raw), 1)
    assert part.unshown == (UNSHOWN[raw],)
    assert part.source
