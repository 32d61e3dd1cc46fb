"""A draft's own bytes are shown before it goes out."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidInput
from server.integrations.gmail.mime.compose import File, OutgoingMail, compose, read_people
from server.integrations.gmail.mime.outgoing_html import rebuild
from server.integrations.gmail.mime.raw_message import read_raw


def test_composed_mail_is_parsed_back():
    outgoing = OutgoingMail(
        "me@example.com",
        read_people(["Jörg <j@example.com>", "bob@example.com"], "to"),
        "Hällo",
        "Text ä\n",
        cc=read_people(["eve@example.com"], "cc"),
        html=rebuild("<p>Text</p>"),
        files=(File("größe.txt", "text/plain", b"hi"), File("a.pdf", "application/pdf", b"\x00\xff")),
    )
    mail = read_raw(compose(outgoing))
    shown = dict(mail.fields())
    assert shown["To"] == "Jörg <j@example.com>, bob@example.com"
    assert (shown["Cc"], shown["Subject"], shown["Body"], shown["HTML part"]) == ("eve@example.com", "Hällo", "Text ä", "Text")
    assert tuple(part.file for part in mail.parts if part.file) == outgoing.files
    assert (mail.unshown, mail.source, mail.render()) == ((), "", "<p>Text</p>\n")
    assert mail.recipients == "Jörg <j@example.com>, bob@example.com, eve@example.com"


def test_preview_of_a_raw_message_shows_its_anomalies():
    mail = read_raw(
        b"To: a@example.com\nTo: b@example.com\nReply-To: c@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\n\none\n--x\nContent-Type: text/plain; charset=koi8-r\n\n\xf0\xd2\n"
        b"--x\nContent-Type: message/rfc822\n\nSubject: inner\n\nmail\n"
        b"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename==?utf-8?q?n=C3=B6te?=\n\nnote\n--x--\n"
    )
    shown = mail.fields()
    assert shown[:2] == (("To", "a@example.com, b@example.com"), ("Reply-To", "c@example.com"))
    assert mail.addresses == ("a@example.com", "b@example.com")
    assert [value for name, value in shown if name == "Body"] == ["one", "Пр"]
    files = [part.file for part in mail.parts if part.file]
    assert [(file.name, file.media_type) for file in files] == [("attachment-3", "message/rfc822"), ("nöte", "text/plain")]
    assert b"Subject: inner" in files[0].content
    assert [part.number for part in mail.unshown] == [3], "mail programs show a mail within a mail"
    assert mail.describe_unshown() == (
        "part 3 (message/rfc822): mail programs may show it as text. Open these parts in full before you allow this."
    )
    assert mail.source.startswith("Part 3, message/rfc822:\nSubject: inner\n\nmail")


@given(
    st.binary() | st.lists(st.sampled_from([b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n", b"\n", b"a"])).map(b"".join)
)
def test_empty_message_is_refused(content):
    mail = read_raw(content)
    assert mail.fields()
    assert isinstance(mail.recipients, str)


def test_all_recipient_headers_count():
    mail = read_raw(b"To: bob@example.com <eve@example.com>, Team:x@example.com, y@example.com;\nBcc: broken address\n\nhi\n")
    assert {"bob@example.com", "eve@example.com", "x@example.com", "y@example.com"} <= set(mail.addresses)
    assert [address for address in mail.addresses if "broken" in address], (
        "what nobody can read is nobody whom the person has allowed"
    )


def test_utf8_header_is_parsed():
    mail = read_raw("To: Jörg <jörg@exämple.com>, järg@exämple.com\n\n".encode())
    assert mail.addresses == ("jörg@xn--exmple-cua.com", "järg@xn--exmple-cua.com")
    mail.require_clear_recipients()


@pytest.mark.parametrize(
    "raw", [b"To: j\xc3\xb6\xff\xc3\xb6\xc3\xb6rg@example.com\n\n", b" To: a@example.com\n\n", b"To: a@example.com\n: b\n\n"]
)
def test_mail_with_uncertain_recipients_is_marked(raw):
    with pytest.raises(InvalidInput):
        read_raw(raw).require_clear_recipients()


def test_draft_is_shown_with_what_is_hidden_in_it():
    head = "To: ann@example.com\nSubject: =?utf-8?q?pay=E2=80=8B_now?=\nContent-Type: text/plain; charset=utf-8\n\n"
    shown = dict(read_raw(f"{head}in\u200bvoice\u202e \U000e0041".encode()).fields())
    assert (shown["Subject"], shown["Body"]) == ("pay\u200b now", "in\u200bvoice\u202e \U000e0041")
    page = "To: ann@example.com\nContent-Type: text/html; charset=utf-8\n\n<p>in&#8203;voice</p>"
    assert dict(read_raw(page.encode()).fields())["HTML part"] == "in\u200bvoice"


def test_look_alike_domain_of_a_draft_is_shown_as_punycode_with_a_warning():
    shown = dict(read_raw("To: Ann <ann@p\u0430ypal.com>\n\n".encode()).fields())
    assert shown["To"] == "Ann <ann@xn--pypal-4ve.com>"
    assert "Cyrillic and Latin, one word mixes alphabets" in shown["Warning"]


@pytest.mark.parametrize("end", [b"", b"--y--\n"])
def test_broken_structure_is_not_shown_completely(end):
    content = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n" + end
    mail = read_raw(content)
    assert [part.media_type for part in mail.unshown] == ["the whole mail"]
    assert mail.source.endswith("--x\n\none\n" + end.decode())


@pytest.mark.parametrize(
    "content",
    [
        b"To: a@example.com\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (at, at) for at in range(3000)),
        b"To: a@example.com\nContent-Type: text/plain" + b";" * 10_000 + b"\n\nhi",
    ],
    ids=["nesting", "parameters"],
)
def test_draft_that_cannot_be_read_completely_is_refused(content):
    with pytest.raises(InvalidInput, match="Open it in Gmail"):
        read_raw(content)


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u2028", "\x85", "\x1c", "\v", "\U000e0041"])
def test_headers_of_a_draft_are_shown_with_what_is_hidden_in_them(hidden):
    word = f"=?utf-8?b?{base64.b64encode(f'in{hidden}voice'.encode()).decode()}?="
    head = f"From: {word} <me@example.com>\nTo: {word} <ann@example.com>\nSubject: {word}\n"
    file = f"Content-Type: application/pdf; name={word}\n\nx"
    shown = dict(read_raw(f"{head}{file}".encode()).fields())
    assert (shown["To"], shown["Subject"]) == (f"in{hidden}voice <ann@example.com>", f"in{hidden}voice")
    assert shown["From"].startswith(f"in{hidden}voice ")
    assert shown["Attachment"].startswith(f"in{hidden}voice,")


def test_raw_header_of_a_draft_is_shown_with_what_is_hidden_in_it():
    shown = dict(read_raw("To: In\u2028voice <ann@example.com>\nSubject: pay\u2028 it\x85now\n\n".encode()).fields())
    assert (shown["To"], shown["Subject"]) == ("In\u2028voice <ann@example.com>", "pay\u2028 it\x85now")


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: multipart/mixed; boundary=x\n\n<b>before</b>\n--x\n\none\n--x--\n",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x--\nafter",
        b"Content-Type: multipart/mixed; boundary=x\nContent-Type: text/html\n\n--x\n\none\n--x--\n",
        b"Content-Type: multipart/mixed; boundary=x; boundary=y\n\n--x\n\none\n--x--\n",
        b"Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: x\n\n--x\n\none\n--x--\n",
    ],
)
def test_structure_that_can_be_read_in_two_ways_is_not_shown_completely(content):
    assert [part.media_type for part in read_raw(content).unshown] == ["the whole mail"]


def test_usual_preamble_is_no_content():
    content = b"Content-Type: multipart/mixed; boundary=x\n\nThis is a multi-part message in MIME format.\n--x\n\none\n--x--\n"
    assert read_raw(content).unshown == ()


def test_every_header_that_names_people_is_shown():
    names = ["Sender", "Resent-To", "Resent-Bcc", "Apparently-To", "Disposition-Notification-To"]
    head = "To: a@example.com\nSubject: one\nSubject: two\n" + "".join(f"{name}: {name.lower()}@example.com\n" for name in names)
    mail = read_raw(f"{head}\nhi".encode())
    assert {(name, f"{name.lower()}@example.com") for name in names} <= set(mail.fields())
    assert {"resent-to@example.com", "resent-bcc@example.com", "apparently-to@example.com"} <= set(mail.addresses)
    assert [value for name, value in mail.fields() if name == "Subject"] == ["one", "two"]


def test_links_of_a_draft_are_explained():
    shown = read_raw(
        "To: a@example.com\nContent-Type: text/plain; charset=utf-8\n\nsee https://p\u0430ypal.com/".encode()
    ).fields()
    assert [value.split()[0] for name, value in shown if name == "Warning"] == ["xn--pypal-4ve.com"]
