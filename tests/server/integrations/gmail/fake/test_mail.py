"""How a mail is read and described: charsets, structure, and what strangers do to headers."""

import base64
from typing import Any

import pytest

from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.mail import Mail, decode, decode_words, describe_mail, encode, find_attachment, strip_tags


def read(text: bytes | str, **known: Any) -> Mail:
    raw = text.encode() if isinstance(text, str) else text
    return Mail("18aa", "18aa", raw.replace(b"\n", b"\r\n"), 1_700_000_000_000, **known)


def body_of(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64decode(part["body"]["data"]).decode()


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("us-ascii", "café “yes”".encode("windows-1252"), "café “yes”"),
        ("iso-8859-1", "5 €".encode("windows-1252"), "5 €"),
        ("", "déjà".encode(), "déjà"),
        ("utf-8", b"caf\xe9 ok", "caf\ufffd ok"),
        ("x-mac-klingon", b"plain", "plain"),
        ("x-mac-klingon", b"caf\xe9", "caf\ufffd"),
        ("utf-16\x00", b"abc", "abc"),
    ],
)
def test_text_is_returned_as_utf_8(charset: str, content: bytes, text: str) -> None:
    kind = f'Content-Type: text/plain; charset="{charset}"' if charset else "Content-Type: text/plain"

    payload = describe_mail(read(kind.encode() + b"\nContent-Transfer-Encoding: 8bit\n\n" + content))["payload"]

    assert body_of(payload) == text
    assert payload["body"]["size"] == len(text.encode())
    assert payload["headers"][0]["value"] == kind.removeprefix("Content-Type: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?B?R3LDvA==?=\n =?utf-8?B?w59l?= there", "Grüße there"),
        ("=?utf-8?B?4pg=?= =?utf-8?B?lQ==?=", "☕"),
        ("=?iso-2022-jp?B?GyRCTWg9NRsoQg==?=", "来週"),
        ("=?x-unknown?Q?Backup?=", "Backup"),
        ("=?utf-8?B?broken!?=", "=?utf-8?B?broken!?="),
        ("a =?not one? b", "a =?not one? b"),
        ("=?utf-8?B?PT91dGYtOD9RP25lc3RlZD89?=", "=?utf-8?Q?nested?="),
        ('"Doe, Jane" <jane@example.net>', '"Doe, Jane" <jane@example.net>'),
        ("caf\u00e9", "café"),
    ],
)
def test_header_values_are_decoded(value: str, text: str) -> None:
    assert read(f"Subject: {value}\n\n").header("subject") == text


def test_header_names_and_repetitions_are_preserved() -> None:
    mail = read("tO: a@example.com,\n\tb@example.com\nto: c@example.com\nX-Raw: caf\n\n")

    assert mail.headers[0] == ("tO", "a@example.com,\tb@example.com")
    assert mail.header("To") == "a@example.com,\tb@example.com, c@example.com"


def test_raw_bytes_in_a_header_are_guessed() -> None:
    assert read(b"Subject: caf\xe9\n\n").header("Subject") == "café"


NESTED = """Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

plain & simple
--a
Content-Type: text/html

<p>html</p>
--a--
--m
Content-Type: image/png
Content-ID: <one@example.com>

x
--m
Content-Type: message/rfc822
Content-Disposition: attachment; filename=old.eml

Subject: inner
Content-Type: multipart/mixed; boundary=i

--i

inner words
--i
Content-Type: application/pdf; name="=?utf-8?Q?b=C3=A4r.pdf?="

%PDF
--i--
--m
Content-Type: text/plain
Content-Disposition: attachment

nameless
--m--
"""


def test_payload_is_the_tree_of_parts() -> None:
    def outline(part: dict[str, Any]) -> Any:
        described = (part["partId"], part["mimeType"], part["filename"], sorted(part["body"]))
        return (*described, [outline(below) for below in part["parts"]]) if "parts" in part else described

    attached, text = ["attachmentId", "size"], ["data", "size"]
    assert outline(describe_mail(read(NESTED))["payload"]) == (
        "", "multipart/mixed", "", ["size"],
        [
            (
                "0", "multipart/alternative", "", ["size"],
                [("0.0", "text/plain", "", text), ("0.1", "text/html", "", text)],
            ),
            ("1", "image/png", "", attached),
            (
                "2", "message/rfc822", "old.eml", attached,
                [("2.0", "text/plain", "", text), ("2.1", "application/pdf", "bär.pdf", attached)],
            ),
            ("3", "text/plain", "noname", attached),
        ],
    )  # fmt: skip


def test_attachment_is_returned_by_its_id() -> None:
    mail = read(NESTED)
    parts = describe_mail(mail)["payload"]["parts"]

    def fetch(part: dict[str, Any]) -> bytes:
        return find_attachment(mail, part["body"]["attachmentId"])

    assert fetch(parts[1]) == b"x"
    assert fetch(parts[2]).startswith(b"Subject: inner")
    assert fetch(parts[2]["parts"][1]) == b"%PDF"
    assert fetch(parts[3]) == b"nameless"


@pytest.mark.parametrize(
    "attachment_id", ["", "ANGjdJ", "ANGjdJ!!!", "ANGjdJ" + encode(b"x|9"), "ANGjdJ" + encode(b"x|a"), "\u00e9"]
)
def test_unknown_attachment_id_is_refused(attachment_id: str) -> None:
    with pytest.raises(GoogleError, match="Invalid attachment token"):
        find_attachment(read(NESTED), attachment_id)


def test_searchable_words_of_a_mail_omit_its_attachments() -> None:
    mail = read(NESTED)

    assert mail.text.split() == ["plain", "&", "simple"]
    assert mail.snippet == "plain &amp; simple"
    assert mail.filenames == ["old.eml", "noname"]


def test_snippet_is_short_one_line_and_escaped() -> None:
    mail = read("Content-Type: text/html\n\n<style>p{}</style><p>it's&nbsp;5&lt;6</p>\n" + "word " * 100)

    assert mail.snippet.startswith("it&#39;s 5&lt;6 word")
    assert 150 < len(mail.snippet) < 220
    assert mail.snippet.endswith("word")


def test_empty_label_list_is_omitted() -> None:
    assert "labelIds" not in describe_mail(read("\n\nx"), "minimal")
    assert describe_mail(read("\n\nx", labels={"B", "A"}), "minimal")["labelIds"] == ["A", "B"]


def test_raw_format_is_the_mail_itself() -> None:
    described = describe_mail(read(b"Subject: x\n\n\xff"), "raw")

    assert decode(described["raw"]) == b"Subject: x\r\n\r\n\xff"
    assert "payload" not in described


@pytest.mark.parametrize(
    "text", ["", "\n", "Content-Type: multipart/mixed\n\nx", "Content-Type: ;;;\n\nx", "no headers at all", "A" * 3000]
)
def test_malformed_mail_is_described(text: str) -> None:
    assert describe_mail(read(text))["payload"]["body"]["size"] >= 0


@pytest.mark.parametrize("text", ["YWI", "YWI=", "YWI=="])
def test_base64_is_decoded_with_and_without_padding(text: str) -> None:
    assert decode(text) == b"ab"


@pytest.mark.parametrize("text", ["%", "YWI*", "YW I", "Y"])
def test_invalid_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|padding|Only|number of data"):
        decode(text)


def test_tags_scripts_and_comments_are_not_searchable() -> None:
    assert strip_tags("<head><title>no</title></head>a<!-- no --><SCRIPT>no</script >b&eacute;").split() == ["a", "bé"]


def test_encoded_words_inside_text_are_decoded() -> None:
    assert decode_words("x =?utf-8?Q?=C3=A9?= y") == "x é y"


@pytest.mark.parametrize("depth", [60, 400, 3000])
@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=b", "message/rfc822"])
def test_mail_that_is_nested_too_deep_is_described(kind: str, depth: int) -> None:
    levels = (f"Content-Type: {kind}{number}\n\n--b{number}\n" for number in range(depth))
    text = "Subject: deep\n" + ("".join(levels) if "boundary" in kind else f"Content-Type: {kind}\n\n" * depth) + "\ntext"

    assert describe_mail(read(text))["payload"]["headers"][0] == {"name": "Subject", "value": "deep"}


def test_long_number_of_a_character_is_replaced() -> None:
    assert strip_tags(f"<p>before &#{'9' * 5000}; &#x{'f' * 5000}; &#228; after") == " before \ufffd \ufffd ä after"


def test_long_text_is_fetched_by_its_id() -> None:
    mail = read("\n" + "long " * 20_000)
    body = describe_mail(mail)["payload"]["body"]

    assert "data" not in body
    assert find_attachment(mail, body["attachmentId"]).startswith(b"long long")


def test_broken_parameters_have_no_name() -> None:
    mail = read(
        "Content-Type: text/plain; name*0*=x'y'%zz; name*=x'y'%zz\nContent-Disposition: inline; filename*0*=a; filename*=b\n\nhi"
    )

    assert describe_mail(mail)["payload"]["body"]["size"] == 2
