"""Composed mails arrive unchanged: addresses, headers, text and attachments."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.errors import InvalidInput, TooLarge
from server.integrations.gmail.fake.recipients import read_recipients
from server.integrations.gmail.mime.compose import (
    LONGEST_SEARCHED,
    MOST_REFERENCES,
    File,
    OutgoingMail,
    Person,
    check_head,
    check_media_type,
    check_recipients,
    check_subject,
    compose,
    name_recipients,
    read_ids,
    read_people,
    warn_of_links,
)
from server.integrations.gmail.mime.outgoing_html import rebuild
from server.integrations.gmail.mime.raw_message import read_raw
from server.integrations.gmail.mime.text import clean_line

LONG_ID = "<AM9PR08MB6021C4F0B8A1E7D2C3F4A5B6C7D8E9F0A1B2C3D4E5F6@AM9PR08MB6021.eurprd08.prod.outlook.com>"


def write(**changes):
    outgoing = OutgoingMail(
        **{"sender": "me@example.com", "to": read_people(["bob@example.com"], "to"), "subject": "Hi", "body": "x", **changes}
    )
    return message_from_bytes(compose(outgoing), policy=policy.default)


@pytest.mark.parametrize(
    ("values", "people"),
    [
        (["bob@example.com"], ["bob@example.com"]),
        (["Bob <bob@example.com>"], ["Bob <bob@example.com>"]),
        (["bob@example.com, Eve Li <eve@example.com>"], ["bob@example.com", "Eve Li <eve@example.com>"]),
        (['"Doe, Jane" <jane@example.com>,bob@example.com'], ["Doe, Jane <jane@example.com>", "bob@example.com"]),
        (["bob@example.com", "Bob@Example.com"], ["bob@example.com"]),
        (["jörg@exämple.com"], ["jörg@xn--exmple-cua.com"]),
        (["", " , "], []),
    ],
)
def test_addresses_are_parsed_alone_and_in_lists(values, people):
    assert [str(address) for address in read_people(values, "to")] == people


@pytest.mark.parametrize(
    "value",
    [
        "bob",
        "bob@",
        "@example.com",
        "bob@example",
        "bob@localhost",
        "bob@example.com eve@example.com",
        "bob@example.com; eve@example.com",
        "bob@example.com\r\nBcc: eve@example.com",
        "bob@example.com\x00",
        '"Bob\r\nBcc: eve@example.com" <bob@example.com>',
        "<bob@example.com>, <",
        '"unclosed <bob@example.com>',
        "bob@example.com)eve@example.com",
        "Bob <bob@example.com> <eve@example.com>",
        "bob@[127.0.0.1]",
        "a" * 300 + "@example.com",
        '"' * 999,
    ],
)
def test_malformed_address_is_refused_by_the_name_of_its_field(value):
    with pytest.raises(InvalidInput, match=r"^cc: "):
        read_people([value], "cc")


@given(st.text(max_size=60))
def test_address_is_parsed_by_mail_programs_as_it_was_shown(text):
    try:
        people = read_people([text], "to")
    except InvalidInput:
        return
    if people:
        arrived = message_from_bytes(compose(OutgoingMail("me@example.com", people, "s", "b")), policy=policy.default)[
            "To"
        ].addresses
        assert [address.addr_spec.casefold() for address in arrived] == [
            (address.ascii or address.address).casefold() for address in people
        ]


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=80))
def test_names_and_subjects_add_no_recipient(name, other, subject):
    try:
        outgoing = OutgoingMail(
            "me@example.com",
            (Person("bob@example.com", name, "bob@example.com"),),
            check_subject(subject),
            other,
            cc=(Person("eve@example.com", other, "eve@example.com"),),
        )
        content = compose(outgoing)
    except (InvalidInput, UnicodeEncodeError):
        return
    assert read_recipients(content) == ["bob@example.com", "eve@example.com"]


@given(st.lists(st.text(max_size=90), max_size=6))
@example(["Zoë <zoe@old.example>"] * 3)  # the comma between them stood in an encoded word
def test_recipients_are_separate_and_keep_their_names(names):
    people = tuple(Person(f"user{index}@a-domain.example", name, "") for index, name in enumerate(names))
    people = tuple(replace(person, ascii=person.address) for person in people)
    try:
        content = compose(
            OutgoingMail("me@example.com", people, "s", "b", bcc=(Person("eve@example.com", "", "eve@example.com"),))
        )
    except InvalidInput:
        return
    mail = read_raw(content)
    mail.require_clear_recipients()
    assert read_recipients(content) == list(mail.addresses) == [*(person.address for person in people), "eve@example.com"]
    shown = [entry.name for entry in mail.headers.addresses("To")]
    assert shown == [clean_line(person.name) for person in people]


@pytest.mark.parametrize("name", ["Bob\r\nBcc: eve@example.com", "Bob\x00", "Bob\u2028", "Bj\x85ö"])
def test_name_with_control_characters_is_no_header(name) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        Person("bob@example.com", name).header()


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb", "a\x00", "a\u2028b", "a\x85b"])
def test_subject_is_one_line(subject):
    with pytest.raises(InvalidInput):
        check_subject(subject)


@pytest.mark.parametrize("subject", ["Hällo", "ä" * 500, "x" * 900, "=?utf-8?q?not_decoded?= =", "a  b\tc"[:4], ""])
def test_subject_arrives_unchanged(subject):
    assert str(write(subject=check_subject(subject))["Subject"] or "") == subject


@pytest.mark.parametrize("body", ["x", "", "ä\n\n  b\n", "From here\n.\n", "x" * 5000, "日本語\n" * 300, "trailing \nspace "])
def test_text_arrives_unchanged(body):
    arrived = write(body=body).get_content().replace("\r\n", "\n")
    assert arrived.rstrip("\n") == body.rstrip("\n")


def test_mail_is_ascii_on_the_wire():
    content = compose(
        OutgoingMail("me@example.com", read_people(["Jörg <j@example.com>"], "to"), "Hällo", "ä" * 2000, html=rebuild("<p>ö</p>"))
    )
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_internationalized_address_makes_a_utf8_mail():
    content = compose(OutgoingMail("me@example.com", read_people(["jörg@exämple.com"], "to"), "Hällo", "ä"))
    assert "To: jörg@exämple.com".encode() in content
    assert "xn--exmple-cua" in write(to=read_people(["bob@exämple.com"], "to"))["To"]


def test_html_is_an_alternative_to_the_text():
    mail = write(html=rebuild("<p>hi</p>"))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_attachments_arrive_byte_for_byte_with_their_names():
    files = (File("größe.pdf", "application/pdf", bytes(range(256))), File("mail.eml", "message/rfc822", b"Subject: x\r\n\r\ny"))
    first, second = write(files=files).iter_attachments()
    assert (first.get_filename(), first.get_content_type(), first.get_content()) == (
        "größe.pdf",
        "application/pdf",
        bytes(range(256)),
    )
    assert (second.get_content_type(), second.get_content()) == ("application/octet-stream", b"Subject: x\r\n\r\ny")


def test_long_message_ids_are_not_folded():
    content = compose(OutgoingMail("me@example.com", (), "s", "b", in_reply_to=LONG_ID, references=(LONG_ID, "<a@b>", LONG_ID)))
    assert f"In-Reply-To: {LONG_ID}\r\nReferences: {LONG_ID}\r\n <a@b>\r\n {LONG_ID}\r\n".encode() in content


def test_message_ids_are_extracted_from_any_text():
    assert read_ids("<a@b> junk <c@d>\r\nBcc: <x y> <é@f>") == ["<a@b>", "<c@d>"]
    many = [f"<{number}@x>" for number in range(200)]
    assert read_ids(" ".join(many)) == [many[0], *many[-MOST_REFERENCES + 1 :]]


def test_size_of_a_mail_is_limited():
    with pytest.raises(TooLarge):
        write(files=(File("a.bin", "application/octet-stream", bytes(28_000_000)),))
    with pytest.raises(InvalidInput):
        check_recipients(tuple(Person(f"u{number}@example.com") for number in range(501)))


@pytest.mark.parametrize("kind", ["pdf", "a/b/c", "text/plain; charset=x", "a/b\r\nX: y", "", "ü/x"])
def test_malformed_media_type_is_refused(kind):
    with pytest.raises(InvalidInput):
        check_media_type(kind)


def test_preview_has_everything_that_the_recipient_gets():
    outgoing = OutgoingMail(
        "me@example.com",
        read_people(["Bob <bob@example.com>"], "to"),
        "Plan",
        "Text",
        bcc=read_people(["eve@example.com"], "bcc"),
        html=rebuild("<p>Other <a href='https://x.example'>text</a></p>"),
        files=(File("a.txt", "text/plain", b"hi"),),
    )
    assert outgoing.fields() == (
        ("Account", "me@example.com"),
        ("From", "me@example.com"),
        ("To", "Bob <bob@example.com>"),
        ("Bcc", "eve@example.com"),
        ("Subject", "Plan"),
        ("Body", "Text"),
        ("HTML part", "Other [text](https://x.example)"),
        ("Attachment", "a.txt, 2 bytes, SHA-256 8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"),
    )


def test_summary_names_three_people_at_most():
    people = tuple(Person(f"{name}@example.com") for name in "abcde")
    assert name_recipients(people) == "a@example.com, b@example.com, c@example.com and 2 more"
    assert name_recipients(()) == "nobody yet"


TRICKS = [
    "=?utf-8?q?a=0d=0aBcc:_eve@example.com?=",
    "=?utf-8?q?=0d=0a=0d=0aA_body?=",
    "=?utf-8?b?YQ0KQmNjOiBldmVAZXhhbXBsZS5jb20=?=",
    "Grüße =?utf-8?q?=0d=0aX:_y?= " + "x" * 200,
    "plain " * 60,
]


@pytest.mark.parametrize("trick", TRICKS)
def test_encoded_word_is_text_and_never_another_header(trick: str) -> None:
    outgoing = OutgoingMail("me@example.com", (Person("bob@example.com", trick[:60], "bob@example.com"),), trick.strip(), "body")
    parsed = message_from_bytes(compose(outgoing), policy=policy.default)
    expected = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}
    assert {name.lower() for name in parsed} == expected
    pieces = decode_header(message_from_bytes(compose(outgoing))["Subject"])
    decoded = "".join(text if isinstance(text, str) else text.decode(charset or "ascii") for text, charset in pieces)
    assert decoded.split() == outgoing.subject.split()
    assert parsed.get_content().strip() == "body"


def test_encoded_word_in_a_name_arrives_as_it_is_shown():
    person = Person("bob@example.com", "=?utf-8?q?Eve?=", "bob@example.com")

    assert write(to=(person,))["To"].addresses[0].display_name == person.name
    assert str(person) == "= ?utf-8?q?Eve?= <bob@example.com>"


@pytest.mark.parametrize("line", [b"Bcc: eve@example.com", b"To: eve@example.com", b"X-Other: x"])
def test_unexpected_header_is_refused(line):
    outgoing = OutgoingMail("me@example.com", read_people(["bob@example.com"], "to"), "Hi", "x")
    content = compose(outgoing)
    check_head(content, outgoing)

    with pytest.raises(InvalidInput, match="cannot be written"):
        check_head(line + b"\r\n" + content, outgoing)


def test_recipients_are_unique():
    to, cc, bcc = (read_people([value], "to") for value in ("bob@example.com", "Bob <bob@example.com>", "eve@example.com"))
    outgoing = OutgoingMail("me@example.com", to, "Hi", "x", cc=cc, bcc=bcc)

    assert outgoing.addresses() == ("bob@example.com", "eve@example.com")
    assert len(outgoing.recipients()) == 3


def test_header_within_an_address_is_refused():
    person = Person("bob@example.com", "", "bob@example.com\r\nBcc: eve@example.com")

    with pytest.raises(InvalidInput, match="cannot be written"):
        compose(OutgoingMail("me@example.com", (person,), "Hi", "x"))


def test_look_alike_domain_is_shown_as_punycode_with_a_warning():
    mail = OutgoingMail("me@example.com", read_people(["Ann <ann@p\u0430ypal.com>", "bob@example.com"], "to"), "Hi", "Text")
    shown = dict(mail.fields())
    assert shown["To"] == "Ann <ann@xn--pypal-4ve.com>, bob@example.com"
    assert "Cyrillic and Latin, one word mixes alphabets" in shown["Warning"]
    assert name_recipients(mail.to) == "ann@xn--pypal-4ve.com, bob@example.com"
    assert mail.addresses() == ("ann@xn--pypal-4ve.com", "bob@example.com")


def test_refused_name_with_a_comma_comes_with_a_hint():
    with pytest.raises(InvalidInput, match="in quotation marks"):
        read_people(["Lind, Rosa <rosa@lind.example>"], "to")
    (person,) = read_people(['"Lind, Rosa" <rosa@lind.example>'], "to")
    assert (person.name, person.address) == ("Lind, Rosa", "rosa@lind.example")


def test_domains_of_links_and_names_in_other_letters_are_explained():
    people = read_people(["p\u0430ul@example.com"], "to")
    html = rebuild("<a href='https://p\u0430ypal.com/x'>here</a>")
    fields = OutgoingMail("me@example.com", people, "Hi", "or https://\u0430pple.com", html=html).fields()
    warnings = [value for name, value in fields if name == "Warning"]
    assert [warning.split()[0] for warning in warnings] == ["p\u0430ul@example.com", "xn--pple-43d.com", "xn--pypal-4ve.com"]
    assert ("HTML part", "[here](https://xn--pypal-4ve.com/x)") in fields


def test_text_too_long_to_look_for_links_says_so():
    assert len(list(warn_of_links("x" * (LONGEST_SEARCHED + 1)))) == 1
