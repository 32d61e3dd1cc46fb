"""The text of a mail is what mail programs show of it, whatever its parts are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.gmail.mime.body import choose_alternative, find_detached_texts, read_text
from server.integrations.gmail.mime.message import DEEPEST, read_parts
from tests.server.integrations.gmail.mime.parts import HTML, PDF, PLAIN, part

TEXTS = {
    "single plain": (PLAIN, "plain", False),
    "single html": (HTML, "html", True),
    "alternative": (part("multipart/alternative", None, PLAIN, HTML), "plain", False),
    "html first": (part("multipart/alternative", None, HTML, PLAIN), "plain", False),
    "empty plain": (part("multipart/alternative", None, part("text/plain", " \n"), HTML), "html", True),
    "mixed around alternative": (
        part("multipart/mixed", None, part("multipart/alternative", None, PLAIN, HTML), PDF),
        "plain",
        False,
    ),
    "related in alternative": (
        part("multipart/alternative", None, part("multipart/related", None, HTML, part("image/png", b"x", name="i.png"))),
        "html",
        True,
    ),
    "footer of a list": (part("multipart/mixed", None, PLAIN, part("text/plain", "footer")), "plain\n\nfooter", False),
    "text that is attached": (part("multipart/mixed", None, PLAIN, part("text/plain", "x", name="notes.txt")), "plain", False),
    "attached by its disposition": (
        part("multipart/mixed", None, PLAIN, part("text/plain", "x", Content_Disposition="ATTACHMENT")),
        "plain",
        False,
    ),
    "a mail within": (
        part("multipart/mixed", None, PLAIN, part("message/rfc822", None, part("text/plain", "inner"))),
        "plain",
        False,
    ),
    "amp": (part("multipart/alternative", None, part("text/x-amp-html", "<p>amp</p>"), HTML), "html", True),
    "other text": (part("text/markdown", "# hi"), "# hi", False),
    "declared charset": (
        part("text/plain", "Привет".encode("koi8-r"), Content_Type='text/plain; charset="koi8-r"'),
        "Привет",
        False,
    ),
    "flowed": (part("text/plain", "one \r\ntwo", CONTENT_TYPE="text/plain; FORMAT=Flowed"), "one two", False),
    "flowed with DelSp": (
        part("text/plain", "日本 \r\n語", Content_Type="text/plain; charset=utf-8; format=flowed; delsp=YES"),
        "日本語",
        False,
    ),
    "nothing": ({}, "", False),
    "a picture alone": (part("image/png", b"x"), "", False),
    "a container without parts": (part("multipart/mixed"), "", False),
    "broken base64": ({"mimeType": "text/plain", "body": {"data": "a"}}, "", False),
}


@pytest.mark.parametrize("case", TEXTS)
def test_readable_text_part_is_chosen(case):
    payload, text, html = TEXTS[case]
    reading = read_text(read_parts(payload), {})
    assert (reading.text, reading.html) == (text, html)


def test_text_stored_as_attachment_is_fetched_and_inserted():
    fetched = {"mimeType": "text/plain", "body": {"attachmentId": "ANGx", "size": 5}}
    root = read_parts(part("multipart/alternative", None, fetched, HTML))
    (wanted,) = find_detached_texts(root)
    assert wanted.gmail_id == "ANGx"
    assert read_text(root, {wanted.id: b"long"}).text == "long"
    without = read_text(root, {})
    assert (without.text, without.missing) == ("html", (wanted,))


@pytest.mark.parametrize(
    "payload",
    [
        {"mimeType": "text/plain", "body": {"attachmentId": "ANGx", "size": 5}},
        {"mimeType": "text/html", "body": {"size": 5}},
        {"mimeType": "text/plain", "body": {"data": "a"}},
        {"mimeType": "multipart/mixed", "body": {"size": 0}},
        part("multipart/related", None, {"mimeType": "text/html", "body": {"attachmentId": "ANGx", "size": 5}}, PLAIN),
    ],
    ids=["detached", "no data", "broken base64", "no parts", "related"],
)
def test_text_that_is_not_here_is_missing_and_not_empty(payload):
    assert len(read_text(read_parts(payload), {}).missing) == 1


def test_empty_text_is_complete():
    assert read_text(read_parts({"mimeType": "text/plain", "body": {"size": 0}}), {}).missing == ()


def test_deep_nesting_is_cut_off():
    payload = PLAIN
    for _ in range(DEEPEST * 3):
        payload = part("multipart/mixed", None, payload)
    reading = read_text(read_parts(payload), {})
    assert reading.text == ""
    assert reading.missing


NEWS = """<h1>This week</h1><p>Tuesday 19:30: The Lighthouse Keeper, hall 2, your seats are <b>F7 and F8</b>.</p>
<p>Booking code <b>QX-4471</b>. Doors open at 19:00. The bar closes early because of the floor works.</p>"""
SAME = """THIS WEEK

Tuesday 19:30: The Lighthouse Keeper, hall 2, your seats are *F7 and F8*.
Booking code *QX-4471*. Doors open at 19:00.
The bar closes early because of the floor works.

https://quayside.example/track/2394875982374598237459827349587"""
LONG = " ".join(f"Paragraph {number} tells of something else." for number in range(40))
CHOICES = {
    "plain text of its own": (SAME, NEWS, "plain"),
    "English stub": ("This mail is best viewed in HTML. View it in your browser.", NEWS, "html"),
    "German stub": ("Diese Nachricht wird nicht richtig angezeigt? Im Browser ansehen: https://q.example/1", NEWS, "html"),
    "Japanese stub": ("このメールはブラウザでご覧ください。", NEWS, "html"),
    "stub that is longer than the code": (
        "Your mail program does not show HTML. To see this mail, please open the address below in your browser.",
        "<p>Your code is 482913</p>",
        "html",
    ),
    "content beside a word of a stub": (
        f"The browser tests failed in 2 of 40 jobs. {LONG}",
        "<p>The tests failed. See the report of all of the jobs of this run.</p>",
        "both",
    ),
    "stub in a language that is not known": ("Gwelwch y neges hon ar y we.", NEWS, "html"),
    "beginning alone": ("This week. Tuesday 19:30: The Lighthouse Keeper, hall 2.", NEWS, "html"),
    "greeting around the same words": ("Hello Alex,\n\n" + SAME, NEWS, "plain"),
    "HTML with something else": (LONG, "<p>The banner of the company is shown here.</p>", "both"),
    "HTML with little": (LONG, "<p>hi</p>", "plain"),
    "Japanese without spaces": (
        "明日の会議は十時に始まります。\n資料を持ってきてください。",
        "<p>明日の会議は十時に始まります。資料を持ってきてください。</p>",
        "plain",
    ),
}


@pytest.mark.parametrize("case", CHOICES)
def test_better_alternative_is_chosen(case):
    plain, markup, expected = CHOICES[case]
    reading = read_text(read_parts(part("multipart/alternative", None, part("text/plain", plain), part("text/html", markup))), {})
    html = read_text(read_parts(part("text/html", markup)), {}).text
    assert reading.text == {"plain": plain, "html": html, "both": f"{plain}\n\n{html}"}[expected]
    assert reading.html == (expected != "plain")


@given(st.text(), st.text())
def test_choice_loses_no_text_of_its_own(plain, rich):
    chosen = choose_alternative(plain, rich)
    assert chosen in {plain, rich, f"{plain}\n\n{rich}"}
    assert choose_alternative(plain, plain) == plain


NAMED = part("text/plain", "the meter reads 48213", name="message.txt", Content_Disposition='inline; filename="message.txt"')


def test_named_inline_text_is_the_body_if_it_is_the_only_text():
    detached = {**NAMED, "body": {"attachmentId": "ANGx", "size": 21}}
    for root in (read_parts(NAMED), read_parts(part("multipart/mixed", None, part("text/plain", "\r\n"), NAMED, PDF))):
        assert read_text(root, {}).text == "the meter reads 48213"
    root = read_parts(part("multipart/mixed", None, detached, PDF))
    (wanted,) = find_detached_texts(root)
    assert read_text(root, {wanted.id: b"the meter reads 48213"}).text == "the meter reads 48213"
    assert read_text(root, {}).missing == (wanted,)


def test_named_text_beside_a_body_stays_a_file():
    detached = {**NAMED, "body": {"attachmentId": "ANGx", "size": 21}}
    root = read_parts(part("multipart/mixed", None, PLAIN, detached))
    assert find_detached_texts(root) == []
    assert read_text(root, {}).text == "plain"
    declared = part("text/plain", "x", name="a.txt", Content_Disposition="attachment; filename=a.txt")
    assert read_text(read_parts(declared), {}).text == ""


EVENT = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Crane survey\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def test_invitation_is_described_once_after_the_text():
    inline = part("text/calendar", EVENT, Content_Type="text/calendar; method=CANCEL")
    attached = {"mimeType": "application/ics", "filename": "invite.ics", "body": {"attachmentId": "ANGx", "size": 900}}
    root = read_parts(part("multipart/mixed", None, part("multipart/alternative", None, PLAIN, inline), attached))
    assert find_detached_texts(root) == []
    assert read_text(root, {}).text == "plain\n\nInvitation: Crane survey"


def test_attached_invitation_is_fetched_and_described():
    attached = {"mimeType": "application/octet-stream", "filename": "Invite.ICS", "body": {"attachmentId": "ANGx", "size": 900}}
    root = read_parts(part("multipart/mixed", None, PLAIN, attached))
    (wanted,) = find_detached_texts(root)
    assert read_text(root, {wanted.id: EVENT.encode()}).text == "plain\n\nInvitation: Crane survey"


def test_calendar_file_that_cannot_be_read_says_so():
    failed = "plain\n\ninvite.ics is a calendar file that could not be read here."
    for content in ("BEGIN:VCALENDAR", "junk", "BEGIN:VEVENT\r\n" * 20_000):
        root = read_parts(part("multipart/mixed", None, PLAIN, part("text/calendar", content)))
        assert read_text(root, {}).text == failed


def test_invitation_in_another_charset_is_decoded():
    event = EVENT.replace("Crane survey", "Rückblick").encode("latin-1")
    root = read_parts(part("text/calendar", event, Content_Type="text/calendar; charset=iso-8859-1"))
    assert read_text(root, {}).text == "Invitation: Rückblick"
