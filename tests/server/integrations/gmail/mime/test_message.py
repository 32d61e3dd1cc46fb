"""Mails as Gmail hands them out are read, however strange they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import TooLarge
from server.integrations.gmail.mime.message import (
    Headers,
    decode_base64url,
    find_attachments,
    limit_list,
    read_date,
    read_headers,
    read_parts,
    read_people,
    shorten_person,
)
from tests.server.integrations.gmail.mime.parts import HTML, PDF, PLAIN, part


def test_attachments_are_listed_in_order_with_stable_ids():
    root = read_parts(
        part(
            "multipart/mixed",
            None,
            part("multipart/related", None, HTML, part("image/png", b"xy", name="logo.png")),
            PDF,
            part("message/rfc822", None, PLAIN),
            part("text/calendar", "BEGIN:VCALENDAR"),
            part("application/octet-stream", b"z"),
        )
    )
    attachments = [
        (attachment.id, attachment.file_name, attachment.media_type, attachment.size) for attachment in find_attachments(root)
    ]
    assert attachments == [
        ("0-0-1", "logo.png", "image/png", 2),
        ("0-1", "a.pdf", "application/pdf", 1024),
        ("0-2", "message-0-2.eml", "message/rfc822", 0),
        ("0-3", "invite.ics", "text/calendar", 15),
        ("0-4", "attachment-0-4", "application/octet-stream", 1),
    ]


def test_deceptive_file_name_is_sanitized():
    (attachment,) = find_attachments(read_parts(part("application/x-msdownload", b"x", name="invoice\u202efdp.exe\r\n")))
    assert attachment.file_name == "invoicefdp.exe"


def test_header_lookup_is_case_insensitive():
    headers = read_headers({"headers": [{"name": "SUBJECT", "value": "one"}, {"name": "Message-Id", "value": "<m@x>"}]})
    assert headers.get("Subject") == "one"
    assert headers.get("message-ID") == "<m@x>"
    assert headers.get("Date") == ""


def test_parameter_is_read_in_every_encoding():
    for value in ("text/plain; charset=koi8-r", 'text/plain;CHARSET="koi8-r"', "text/plain; charset*=us-ascii'en'koi8-r"):
        assert Headers((("content-type", value),)).parameter("Content-Type", "charset") == "koi8-r"


def test_long_recipient_list_is_shown_by_its_size():
    headers = Headers((("to", ", ".join(f"u{number}@example.com" for number in range(80))),))
    people = read_people(headers, "To")
    assert len(people) == 50
    assert people[-1] == "… and 31 more"


def test_end_of_a_long_header_cuts_no_address():
    many = ", ".join(f"recipient-{number}-{'x' * 100}@host-{number}.example" for number in range(400))
    headers = Headers((("to", many),))
    assert len(headers.addresses("To")) == 400
    people = read_people(headers, "To", most=1000)
    assert all(person.endswith(".example") for person in people[:-1])
    assert people[-1] == f"… and {400 - len(people) + 1} more"
    assert read_people(headers, "To")[-1] == "… and 351 more"
    with pytest.raises(TooLarge):
        Headers((("to", many), ("cc", many * 5))).addresses("To", "Cc")


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        ("Bob <bob@example.com>", "Bob <bob@example.com>"),
        ("Bob Bob Bob Bob Bob <bob@example.com>", "Bob Bob B… <bob@example.com>"),
        ("bob-and-his-many-colleagues@example.com", "… (too long to show)"),
        ("Bob <bob-and-his-many-colleagues@example.com>", "… (too long to show)"),
    ],
)
def test_shortening_somebody_keeps_the_address(person, shown):
    assert shorten_person(person, 28) == shown


def test_remark_about_more_entries_adds_up():
    assert limit_list(["a", "b", "… and 7 more"], 2) == ["a", "… and 8 more"]
    assert limit_list(["a", "b", "c"], 2) == ["a", "… and 2 more"]
    assert limit_list(["a", "b"], 2) == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "received", "date"),
    [
        ("Fri, 20 Nov 2026 21:15:27 +0100", None, "2026-11-20T20:15:27Z"),
        ("Fri, 20 Nov 2026 21:15:27", None, "2026-11-20T21:15:27Z"),
        ("yesterday", "1760000000000", "2025-10-09T08:53:20Z"),
        ("", "1760000000000", "2025-10-09T08:53:20Z"),
        ("yesterday\r\n", "soon", "yesterday"),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None, "Fri, 31 Dec 9999 23:59:59 -2359"),
        ("", "9" * 400, ""),
        ("", None, ""),
    ],
)
def test_date_is_utc_if_it_can_be_parsed(header, received, date):
    assert read_date(header, received) == date


def test_base64url_is_decoded_with_and_without_padding():
    assert decode_base64url("aMOpbGxv") == "héllo".encode()
    assert decode_base64url("aGk") == decode_base64url("aGk=") == b"hi"
    assert decode_base64url("_-8") == b"\xff\xef"
    assert decode_base64url(None) is None
    assert decode_base64url("a") == b""
    assert decode_base64url("é") == b""


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
HEADERS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Content-Type", "content-disposition", "FROM", "To", "Date", "Subject", "Reply-To"])
            | ANYTHING,
            "value": st.text()
            | ANYTHING
            | st.sampled_from(["text/plain; charset*0*=x'y; format=flowed", "=?utf-7?b?/?=", "a:b;,<", "attachment"]),
        }
    ),
    max_size=5,
)
PAYLOADS = st.recursive(
    ANYTHING,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "mimeType": st.sampled_from(["text/plain", "text/html", "multipart/alternative", "multipart/related"]) | ANYTHING,
            "filename": ANYTHING,
            "headers": HEADERS | ANYTHING,
            "body": st.fixed_dictionaries({}, optional={"data": st.text(), "size": ANYTHING, "attachmentId": ANYTHING})
            | ANYTHING,
            "parts": st.lists(inner, max_size=4) | ANYTHING,
        },
    ),
    max_leaves=12,
)


@given(PAYLOADS)
def test_any_payload_is_parsed_into_valid_json(payload):
    root = read_parts(payload)
    texts = [*read_people(root.headers, "To"), read_date(root.headers.get("Date"), payload)]
    texts += [name for part in find_attachments(root) for name in (part.file_name, part.media_type, part.id)]
    texts += [root.headers.line("Subject")]

    assert json.loads(json.dumps(texts, ensure_ascii=False).encode()) == texts
    assert all(part.file_name and part.id for part in find_attachments(root))
