"""Five hundred hostile mails, the same in every run."""

import random
from collections.abc import Iterator

CORPUS = 500
CHARSETS = (
    *("utf-7", "utf-16", "utf-32", "utf-8-sig", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "rot13"),
    *("zlib", "hex", "uu", "mbcs", "oem", "iso-2022-jp", "iso-2022-kr", "hz", "shift_jis", "gb18030", "euc-kr", "koi8-r"),
    *("cp1252", "cp037", "x-unknown"),
)
ENTITIES = (
    *(f"&#{'9' * length};" for length in (1, 7, 8, 100, 4300, 4301, 100_000)),
    *(f"&#x{'f' * length};" for length in (1, 6, 8, 5000)),
    *(
        "&#0;",
        "&#xd800;",
        "&#1114112;",
        "&#-1;",
        "&" * 5000,
        "&#;" * 5000,
        "&amp" * 5000,
        "&NotEqualTilde;",
        f"&{'a' * 100_000};",
    ),
)
MARKUP = (
    *("<" * 50_000, "<!--" * 20_000, "<script" * 20_000, "<style>" * 20_000, "<a href=" * 20_000, '<a href="' + "x" * 50_000),
    *("<div>" * 10_000, "<table><tr><td>" * 10_000, "<blockquote>" * 10_000, "<ul><li>" * 10_000, "</p>" * 10_000),
    *("<svg><![CDATA[" * 5000, "<p " + "a=b " * 50_000 + ">x", "\x00" * 5000, "\u202e\U000e0041" * 5000, "<b" + "\n" * 50_000),
)
HEADER_VALUES = (
    *("(" * 20_000, "<" * 20_000, '"' * 20_000, "\\" * 20_000, "=?" * 20_000, "=?utf-8?q?a?= " * 2000, "a:;" * 5000),
    *(
        "=?utf-7?b?KzJBQS0=?=",
        "=?punycode?q?" + "a" * 5000 + "?=",
        "=?utf-8?b?" + "A" * 20_000 + "?=",
        "\x00\x01\x7f",
        "9" * 5000,
    ),
    *("a@b.example, " * 20_000, ";".join(['"'] * 9000), "\r\n folded" * 2000, "caf\xe9", "\U000e0041" * 500, ""),
)
PARAMETERS = (
    *('; a="' * 20_000, ";" * 20_000, "; charset*0*=x'y'%zz" * 500, "; charset*=utf-8''%ff%fe", "; boundary=" + "b" * 5000),
    *(
        '; name="' + "n" * 5000 + '"',
        "; name*0=a; name*2=b; name*1*=%00",
        '; filename="../../../etc/passwd\x00"',
        "; format=flowed; delsp=yes",
    ),
)
CALENDARS = (
    *(
        "BEGIN:VEVENT\r\n" * 5000,
        "BEGIN:VCALENDAR\r\n" * 5000,
        "BEGIN:VCALENDAR",
        "SUMMARY" + ";A=" * 20_000 + ":x",
        "\\" * 50_000,
    ),
    *(
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        for line in (
            *(
                f"DTSTART:{'9' * 5000}",
                "DTSTART:00000000T000000Z",
                "DTSTART:00010101T000000Z",
                "DTSTART;TZID=../../etc/passwd:20260101T0",
            ),
            *(
                "DURATION:P999999999W",
                "SEQUENCE:" + "9" * 5000,
                "RRULE:FREQ=SECONDLY;COUNT=999999999",
                "ATTENDEE:mailto:a@b\r\n" * 2000,
            ),
        )
    ),
)
ENCODINGS = ("base64", "quoted-printable", "x-uuencode", "8bit", "binary", "x-unknown", "7bit")
PLAIN = b"From: Bob <bob@example.com>\r\nTo: alex@example.com\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"
ORDINARY = PLAIN + (
    b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\n--outer\r\n'
    b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
    b"--inner\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nHello \r\nthere =?utf-8?q?x?=\r\n"
    b"--inner\r\nContent-Type: text/html\r\n\r\n"
    b"<p>Hello <a href='https://example.com'>there</a> &#228; &amp;</p>\r\n--inner--\r\n"
    b'--outer\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n'
    b"--outer\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261203T090000Z\r\n"
    b"SUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--outer--\r\n"
)


def nest(kind: str, depth: int) -> bytes:
    """Nest parts in each other."""
    if kind == "rfc822":
        return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\ntext"
    starts = (
        b"Content-Type: multipart/%s; boundary=b%d\r\n\r\n--b%d\r\n" % (kind.encode(), place, place) for place in range(depth)
    )
    return b"".join(starts) + b"\r\ntext"


def write_crafted() -> Iterator[bytes]:
    """Write mails that each aim at one thing."""
    for charset in CHARSETS:
        yield PLAIN + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + b"caf\xe9 \\ud800 +2AA- xn--a " * 500
        yield f"From: =?{charset}?q?caf=E9?= <bob@example.com>\r\nSubject: =?{charset}?b?K0FHRS0=?=\r\n\r\nx".encode()
    for text in (*ENTITIES, *MARKUP):
        yield PLAIN + f"Content-Type: text/html; charset=utf-8\r\n\r\n<p>before {text} after".encode()
        yield PLAIN + f"Content-Type: text/plain; charset=utf-8\r\n\r\nbefore {text} after".encode()
        yield PLAIN + f'Content-Type: text/html\r\n\r\n<a href="https://a.example/{text}"><img alt="{text}"></a>'.encode()
    for value in HEADER_VALUES:
        for name in ("From", "To", "Subject", "Date", "Message-ID", "References", "Reply-To", "Content-Disposition"):
            yield f"{name}: {value}\r\nX: y\r\n\r\nbody".encode("utf-8", "replace")
    for parameter in PARAMETERS:
        for name in ("Content-Type: text/plain", "Content-Type: multipart/mixed", "Content-Disposition: attachment"):
            yield PLAIN + f"{name}{parameter}\r\n\r\nbody".encode("utf-8", "replace")
    for calendar in CALENDARS:
        yield PLAIN + f"Content-Type: text/calendar; method=REQUEST\r\n\r\n{calendar}".encode()
    for encoding in ENCODINGS:
        yield PLAIN + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + b"begin 644 x\r\n=A=\xff====\x00" * 200
    for kind in ("mixed", "alternative", "related", "rfc822"):
        for depth in (60, 120, 400, 10_000):
            yield PLAIN + nest(kind, depth)
    yield PLAIN + b"X: y\r\n" * 20_000 + b"\r\nbody"
    yield PLAIN + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhi\r\n" * 3000
    yield from (b"", b"\r\n\r\nbody", bytes(range(256)) * 20, b"\xff" * 5000, b"From", b": : :\r\n\r\n")


def write_damaged(count: int) -> Iterator[bytes]:
    """Damage an ordinary mail in a few random places."""
    chance = random.Random(20261128)
    for _ in range(count):
        mail = bytearray(ORDINARY)
        for _ in range(chance.randint(1, 12)):
            start = chance.randrange(len(mail))
            mail[start : start + chance.choice((0, 1, 1, 5, 60))] = chance.choice(
                (b"", b"\x00", b"\r\n", b"--", b'"', b"&#", b"=", chance.randbytes(4))
            )
        yield bytes(mail)


def write_corpus() -> list[bytes]:
    """Write all mails."""
    crafted = list(write_crafted())
    return [*crafted, *write_damaged(CORPUS - len(crafted))]
