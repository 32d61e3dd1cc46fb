"""A mail reaches everybody whom a mail server would deliver it to."""

import pytest

from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.recipients import find_addresses, read_recipients


@pytest.mark.parametrize("raw", [b"Subject: x\r\n\r\n", b"To: \r\n\r\n", b"To: undisclosed-recipients:;\r\n\r\n"])
def test_mail_without_recipients_is_refused(raw: bytes) -> None:
    with pytest.raises(GoogleError, match="Recipient address required"):
        read_recipients(raw)


@pytest.mark.parametrize("value", ["nobody", "a@", "@b", "a@b@c", "a@example.com, nobody"])
def test_malformed_recipient_is_refused(value: str) -> None:
    with pytest.raises(GoogleError, match="Invalid Cc header"):
        read_recipients(f"To: a@example.com\r\nCc: {value}\r\n\r\n".encode())


def test_every_recipient_is_read() -> None:
    raw = '"Doe, Jane" <jane@example.net>, friends: a@example.com, b@example.com;'

    assert read_recipients(f"To: {raw}\r\nBcc: c@example.com\r\n\r\n".encode()) == [
        "jane@example.net",
        "a@example.com",
        "b@example.com",
        "c@example.com",
    ]


def test_second_recipient_header_is_read() -> None:
    headers = ["To: a@example.com", "Cc: b@example.com", "Cc :", " c@example.com <d@example.com>", "Bcc: e@example.com"]
    raw = "\r\n".join([*headers, "", "Cc: f@example.com"]).encode()

    assert read_recipients(raw) == ["a@example.com", "b@example.com", "d@example.com", "e@example.com"]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("[Build] Team <a@example.com>, boss@corp.example <b@example.com>", ["a@example.com", "b@example.com"]),
        ('"b@example.com, \\"x" <a@example.com> (c@example.com, (d@example.com))', ["a@example.com"]),
        ("Bob <a@example.com> <b@example.com>", ["a@example.com", "b@example.com"]),
        ("=?utf-8?q?b=40example=2Ecom=2C?= <a@example.com>; b@example.com", ["a@example.com", "b@example.com"]),
        ('"unclosed <a@example.com>, b@example.com', ["a@example.com", "b@example.com"]),
    ],
)
def test_free_text_counts_as_a_recipient(value: str, addresses: list[str]) -> None:
    assert find_addresses(value) == addresses
