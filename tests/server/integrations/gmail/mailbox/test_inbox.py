"""Mail is found and read, page by page, whatever it is."""

import base64
import random
import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from server.core.errors import InvalidInput, NotFound, UpstreamFailed, UpstreamTimedOut
from server.integrations.gmail.accounts.session import open_session
from server.integrations.gmail.mailbox.inbox import SUMMED_UP, ListQuery
from server.integrations.gmail.mailbox.responses import LARGEST_ANSWER
from server.integrations.gmail.mime.message import read_parts
from tests.server.integrations.gmail.hostile import write_corpus

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"


def receive(desk, mail, account=ALEX):
    """Deliver a mail."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    with desk.google.lock:
        return desk.google.mailboxes[account].add(raw, {"INBOX", "UNREAD"}).id


def write(text="Hello", **headers):
    mail = EmailMessage()
    for name, value in {"From": "bob@example.com", "To": ALEX, "Subject": "Hi", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def test_messages_are_listed_newest_first_with_their_text(desk):
    mails, token = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=5)))
    assert [mail.date for mail in mails] == sorted((mail.date for mail in mails), reverse=True)
    assert len(mails) == 5
    assert mails[0].body.startswith("Alex, is the flat paid?")
    assert "Travel" in mails[0].labels
    assert token


def test_pages_are_consecutive_and_complete(desk):
    everything, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=50)))
    messages, token = [], None
    while True:
        page = desk.run(desk.mailbox.inbox.search(ListQuery(most=7, page_token=token)))
        messages += page.messages
        token = page.next_page_token
        if not token:
            break
    assert [message.id for message in messages] == [message.id for message in everything]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("from:mei subject:Lisbon", 2),
        ("in:trash", 1),
        ("has:attachment label:money", 2),
        ('"valve in stock"', 1),
        ("is:unread -in:inbox", 0),
    ],
)
def test_gmail_search_syntax_is_accepted(desk, query, count):
    assert len(desk.run(desk.mailbox.inbox.search(ListQuery(query=query, most=50))).messages) == count


def test_label_filters_the_list_by_name_or_id(desk):
    by_name = desk.run(desk.mailbox.inbox.search(ListQuery(label="rowing")))
    assert [message.labels.count("Rowing") for message in by_name.messages] == [1, 1, 1]
    assert by_name == desk.run(desk.mailbox.inbox.search(ListQuery(label="Label_4")))
    with pytest.raises(NotFound, match="Did you mean Rowing"):
        desk.run(desk.mailbox.inbox.search(ListQuery(label="Rowin")))


def test_search_and_list_agree_about_a_message(desk):
    (entry,) = desk.run(desk.mailbox.inbox.search(ListQuery(query="subject:invoice from:brightline"))).messages
    mail = desk.run(desk.mailbox.inbox.read(entry.id, 0, None))
    assert entry.has_attachments
    assert {name: getattr(mail, name) for name in type(entry).model_fields} == entry.model_dump()


def test_query_that_is_too_long_is_refused(desk):
    with pytest.raises(InvalidInput, match="too long"):
        desk.run(desk.mailbox.inbox.search(ListQuery(query="ä" * 900)))


def test_named_account_is_read(desk):
    mails, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(account=OTHER)))
    assert {mail.account for mail in mails} == {OTHER}


def test_message_deleted_meanwhile_is_skipped(desk):
    desk.google.fail_next(404, path=r"messages/\w+$")
    mails, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=5)))
    assert len(mails) == 4


def test_fifty_long_messages_fit_into_one_response(desk):
    for number in range(50):
        receive(desk, write(f"{number} " + 'say "hi"\n' * 3000))
    mails, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=50)))
    assert len(mails) == 50
    assert all(mail.truncated for mail in mails)
    assert sum(len(mail.model_dump_json()) + 1 for mail in mails) <= LARGEST_ANSWER


def test_long_message_is_read_to_its_end(desk):
    text = "".join(f"line {number}\n" for number in range(30_000))
    mail_id = receive(desk, write(text))
    offset, read = 0, ""
    while offset is not None:
        page = desk.run(desk.mailbox.inbox.read(mail_id, offset, None))
        read, offset = read + page.body, page.next_offset
    assert read == text.rstrip("\n")


def test_message_has_all_its_fields(desk):
    mail = write("text", Cc="ann@example.com", Reply_To="desk@example.com", In_Reply_To="<m1@x>", Message_ID="<m2@x>")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="größe.pdf")
    message = desk.run(desk.mailbox.inbox.read(receive(desk, mail), 0, None))
    assert (message.cc, message.reply_to, message.in_reply_to, message.message_id_header) == (
        ["ann@example.com"],
        ["desk@example.com"],
        "<m1@x>",
        "<m2@x>",
    )
    assert (message.html, message.truncated, message.next_offset, message.body) == (False, False, None, "text")
    assert [(attachment.name, attachment.size, attachment.media_type) for attachment in message.attachments] == [
        ("größe.pdf", 4, "application/pdf")
    ]


def test_thread_is_returned_from_its_beginning(desk):
    thread_id = desk.run(desk.mailbox.inbox.read(desk.find("valve in stock"), 0, None)).thread_id
    thread = desk.run(desk.mailbox.inbox.read_thread(thread_id, None))
    assert thread.subject == "Boiler inspection"
    assert [message.date for message in thread.messages] == sorted(message.date for message in thread.messages)
    assert (len(thread.messages), thread.earlier) == (4, 0)


def test_long_thread_has_its_newest_messages(desk):
    first = receive(desk, write("0 " + "x" * 5000, Message_ID="<m0@x>"))
    with desk.google.lock:
        mailbox = desk.google.mailboxes[ALEX]
        begun = mailbox.find(first).received
        for number in range(1, 60):  # two of one millisecond have no order
            raw = write(f"{number} " + "x" * 5000).as_bytes()
            mailbox.add(raw, {"INBOX"}, thread_id=first, received=begun + number)
    thread = desk.run(desk.mailbox.inbox.read_thread(first, None))
    assert (len(thread.messages), thread.earlier) == (50, 10)
    assert thread.messages[-1].body.startswith("59 ")
    assert len(thread.model_dump_json()) <= LARGEST_ANSWER


def test_attachment_is_returned_unchanged(desk):
    mail = write("text")
    mail.add_attachment(bytes(range(256)), maintype="application", subtype="zip", filename="a.zip")
    handed = desk.run(desk.mailbox.inbox.read_attachment(receive(desk, mail), "0-1", None))
    (file,) = handed.openaiFileResponse
    assert (file.name, file.mime_type, base64.b64decode(file.content)) == ("a.zip", "application/zip", bytes(range(256)))


@pytest.mark.parametrize(
    ("kind", "size", "words"), [("image/png", 10, "picture"), ("video/mp4", 10, "film"), ("application/pdf", 10_000_001, "10 MB")]
)
def test_attachment_type_that_chatgpt_rejects_is_offered_for_saving(desk, kind, size, words):
    mail = write("text")
    mail.add_attachment(bytes(size), maintype=kind.partition("/")[0], subtype=kind.partition("/")[2], filename="a")
    mail_id = receive(desk, mail)
    handed = desk.run(desk.mailbox.inbox.read_attachment(mail_id, "0-1", None))
    assert handed.openaiFileResponse == []
    assert words in handed.message
    assert "save_attachment" in handed.message
    assert desk.calls("attachments") == []


def test_saved_attachment_has_a_safe_name_and_no_disclosed_path(desk):
    mail = write("text")
    mail.add_attachment(b"#!/bin/sh", maintype="application", subtype="x-sh", filename="../../.bashrc")
    mail_id = receive(desk, mail)
    effect = desk.run(desk.mailbox.inbox.preview_save(mail_id, "0-1", None))
    saved = desk.run(desk.mailbox.inbox.save_attachment(mail_id, "0-1", None))
    assert saved.name == "bashrc"
    assert (desk.context.folders.files / "bashrc").read_bytes() == b"#!/bin/sh"
    assert saved.sha256 in dict(effect.fields)["Attachment"]
    assert str(desk.context.folders.files) not in saved.model_dump_json() + str(effect)


def test_missing_attachment_is_not_found(desk):
    for attachment_id in ("0", "0-7", "nonsense"):
        with pytest.raises(NotFound, match="read_mail"):
            desk.run(desk.mailbox.inbox.read_attachment(desk.find("valve in stock"), attachment_id, None))


def test_unread_mail_is_summarized(desk):
    for number in range(SUMMED_UP + 10):
        receive(desk, write(f"{number}", From="Often <often@example.com>"))
    summary = desk.run(desk.mailbox.inbox.summarize_unread(None))
    inbox = [mail for mail in desk.mails() if {"INBOX", "UNREAD"} <= set(mail["labelIds"])]
    assert summary.unread_messages == len(inbox)
    assert (summary.senders[0].from_email, summary.senders[0].count) == ("Often <often@example.com>", SUMMED_UP)
    assert len(summary.newest) == SUMMED_UP


HOSTILE = {
    "nothing": b"",
    "no headers": b"\r\n\r\nbody",
    "no end": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    "boundary in itself": (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 2) + b"\r\n--x--",
    "binary": bytes(range(256)) * 20,
    "charset": b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800 caf\xe9",
    "utf-7": b"Content-Type: text/plain; charset=utf-7\r\nSubject: =?utf-7?b?KzJBQS0=?=\r\n\r\n+2AA-",
    "html": b"Content-Type: text/html\r\n\r\n" + b"<!--" * 500 + b"<div>" * 500,
    "headers": b"From: "
    + b"(" * 9000
    + b"\r\nTo: "
    + b"<" * 9000
    + b"\r\nDate: "
    + b"9" * 9000
    + b"\r\nSubject: "
    + b"=?" * 9000
    + b"\r\n\r\n",
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (level, level) for level in range(60))
    + b"\r\ntext",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_message_does_not_hide_others(desk, case):
    mail_id = receive(desk, HOSTILE[case])
    mails, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=50)))
    assert len(mails) > 30
    assert mail_id in {mail.id for mail in mails}
    desk.run(desk.mailbox.inbox.read(mail_id, 0, None)).model_dump_json()
    desk.run(desk.mailbox.inbox.search(ListQuery(most=50))).model_dump_json()


def test_malformed_response_of_google_is_a_bad_gateway(desk):
    desk.set(timeout_seconds=0.3)
    desk.google.delay_next(1, path="messages$")
    with pytest.raises(UpstreamTimedOut):
        desk.run(desk.mailbox.inbox.search(ListQuery()))
    desk.google.drop_next(path="messages$")
    with pytest.raises(UpstreamFailed):
        desk.run(desk.mailbox.inbox.search(ListQuery()))


@pytest.mark.timeout(900)
def test_corpus_of_hostile_mails_hides_no_other(desk, long):
    corpus = write_corpus()
    chosen = corpus if long else random.Random(len(corpus)).sample(corpus, 60)
    ids = {receive(desk, raw) for raw in chosen}
    good = receive(desk, write("I can be read."))
    listed, searched, token = {}, {}, None
    while len(listed) <= len(ids):
        mails, token = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=50, page_token=token)))
        assert sum(len(entry.model_dump_json()) + 1 for entry in mails) <= LARGEST_ANSWER
        listed |= {entry.id: entry for entry in mails}
        page = desk.run(desk.mailbox.inbox.search(ListQuery(most=50, page_token=token)))
        searched |= {entry.id: entry for entry in page.messages}
        token = token or page.next_page_token
        if token is None:
            break
    assert ids <= listed.keys()
    assert listed[good].body == "I can be read."
    for mail_id in random.Random(1).sample(sorted(ids), 20):
        desk.run(desk.mailbox.inbox.read(mail_id, 0, None)).model_dump_json().encode()
        desk.run(desk.mailbox.inbox.read_thread(mail_id, None)).model_dump_json().encode()


def test_mail_that_gmail_does_not_answer_is_an_item_that_says_so(desk):
    broken = receive(desk, write("never seen", Subject="Broken"))
    desk.google.fail_next(500, times=3, path=f"messages/{broken}$")
    mails, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=5)))
    entries = desk.run(desk.mailbox.inbox.search(ListQuery(most=5))).messages
    for items in (mails, entries):
        assert len(items) == 5
        assert [entry.id for entry in items if entry.problem] == [broken]
    (unreadable,) = [entry for entry in mails if entry.problem]
    assert (unreadable.truncated, unreadable.body) == (True, "")
    assert "Open it in Gmail" in unreadable.problem
    desk.google.fail_next(500, times=9, path="messages/")
    with pytest.raises(UpstreamFailed):
        desk.run(desk.mailbox.inbox.search(ListQuery(most=5)))


def test_newest_long_texts_are_fetched_and_the_others_are_marked(desk):
    first = receive(desk, write("first", Message_ID="<m0@x>"))
    with desk.google.lock:
        for number in range(1, 15):
            raw = write(f"{number} " + "x " * 30_000).as_bytes()
            desk.google.mailboxes[ALEX].add(raw, {"INBOX"}, thread_id=first, received=2_000_000_000_000 + number)
    thread = desk.run(desk.mailbox.inbox.read_thread(first, None)).messages
    assert len(thread) == 15
    assert [entry.body.partition(" ")[0] for entry in thread[-10:]] == [str(number) for number in range(5, 15)]
    assert [(entry.body, entry.truncated) for entry in thread[1:5]] == [("", True)] * 4
    assert (thread[0].body, thread[0].truncated) == ("first", False)
    left_out = desk.run(desk.mailbox.inbox.read(thread[1].id, 0, None))
    assert left_out.body.startswith("1 x x")
    listed, _ = desk.run(desk.mailbox.inbox.list_mails(ListQuery(most=14)))
    assert [entry.body.partition(" ")[0] for entry in listed[:10]] == [str(number) for number in range(14, 4, -1)]
    assert all(entry.truncated for entry in listed)


def test_long_text_that_gmail_does_not_hand_out_can_be_fetched_as_a_file(desk):
    mail_id = receive(desk, write("long " * 20_000))
    desk.google.fail_next(404, path="attachments")
    mail = desk.run(desk.mailbox.inbox.read(mail_id, 0, None))
    assert (mail.body, mail.truncated, mail.next_offset) == ("", True, None)
    (file,) = mail.attachments
    handed = desk.run(desk.mailbox.inbox.read_attachment(mail_id, file.attachment_id, None))
    assert base64.b64decode(handed.openaiFileResponse[0].content).startswith(b"long long")
    assert file.name == "text-0.txt"


def test_attachment_without_its_content_is_not_saved_as_an_empty_file(desk):
    mail = write("text")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    mail_id = receive(desk, mail)
    session = open_session(desk.mailbox.accounts, None)
    whole = desk.run(session.read("messages.get", id=mail_id))
    part = {**whole["payload"]["parts"][1], "body": {"size": 4}}
    with pytest.raises(UpstreamFailed, match=r"a\.pdf"):
        desk.run(desk.mailbox.inbox._fetch_content(session, mail_id, read_parts(part)))


@pytest.mark.parametrize(
    ("case", "subject", "contained"),
    [
        ("stub-text", "Quayside", ("seats are F7 and F8", "QX-4471")),
        ("named-body", "Body with a name", ("the meter reads 48213",)),
        ("invitation", "crane survey", ("Crane survey", "2026-12-03", "09:00", "Europe/Lisbon", "Pier 4", "cal@lind.example")),
    ],
)
def test_text_of_a_mail_is_what_its_reader_sees(desk, add_case, case, subject, contained):
    add_case(case)
    mail = desk.run(desk.mailbox.inbox.read(desk.find(f'subject:"{subject}"'), 0, None))
    assert [text for text in contained if text not in mail.body] == []
    assert [file.name for file in mail.attachments] == {"invitation": ["invite.ics"], "named-body": ["message.txt"]}.get(case, [])


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="no variable says the zone there")
def test_day_of_a_search_is_local(desk, monkeypatch):
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    try:
        received = int(datetime(2026, 1, 31, 20, tzinfo=UTC).timestamp() * 1000)  # here it is 1:00 on 1 February
        with desk.google.lock:
            wanted = desk.google.mailboxes[ALEX].add(write(Subject="Night shift").as_bytes(), {"INBOX"}, received=received).id
        query = "subject:night after:2026/2/1 before:2026/2/2"
        listed = desk.run(desk.mailbox.inbox.search(ListQuery(query)))
        assert [mail.id for mail in listed.messages] == [wanted]
        assert listed.time_zone == "UTC+05:00 (XYZ)"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_descriptions_of_pictures_and_links_without_text_are_in_the_body(desk, add_case):
    add_case("alt-texts")
    body = desk.run(desk.mailbox.inbox.read(desk.find("picture newsletter"), 0, None)).body
    assert body == (
        "50% off all ropes until Sunday Code MAST20\n\n[To the shop](https://x.example/shop)\n\nhttps://x.example/empty"
    )
