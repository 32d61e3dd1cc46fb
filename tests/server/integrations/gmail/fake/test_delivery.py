"""Sending and delivery of mails."""

from datetime import UTC, datetime

import pytest

from server.integrations.gmail.fake.delivery import Post
from server.integrations.gmail.fake.demo import ACCOUNTS
from server.integrations.gmail.fake.mailbox import Mailbox

MINE, THEIRS = (account.address for account in ACCOUNTS)


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def post() -> Post:
    return Post({account.address: Mailbox(account, Clock()) for account in ACCOUNTS}, Clock())


def test_missing_headers_are_added(post: Post) -> None:
    sent = post.send(post.mailboxes[MINE], b"To: a@example.net\n\nx")

    assert sent.header("From") == f"Alex Morgan <{MINE}>"
    assert sent.header("Date") == "Thu, 01 Jan 2026 12:00:00 +0000"
    assert sent.header("Message-ID").startswith("<CA")
    assert sent.labels == {"SENT"}
    assert sent.raw.endswith(b"\r\n\r\nx")


def test_existing_headers_stay(post: Post) -> None:
    dated = "Date: Fri, 02 Jan 2026 00:00:00 +0000\nMessage-ID: <mine@example.com>\nMIME-Version: 1.0"
    raw = f"From: Al <{MINE}>\nTo: a@example.net\n{dated}\n\nx"

    assert post.send(post.mailboxes[MINE], raw.encode()).raw == raw.replace("\n", "\r\n").encode()


def test_foreign_sender_address_is_replaced(post: Post) -> None:
    sent = post.send(post.mailboxes[MINE], b"From: Boss <boss@example.net>\nTo: a@example.net\n\nx")

    assert sent.header("From") == f"Boss <{MINE}>"
    assert sent.header("X-Google-Original-From") == "Boss <boss@example.net>"


def test_sender_name_adds_no_header(post: Post) -> None:
    name = "=?utf-8?Q?Boss=0D=0AX-Added:_1?= =?utf-8?Q?=C3=BC?="

    sent = post.send(post.mailboxes[MINE], f"From: {name} <b\u00fcro@example.net>\nTo: a@example.net\n\nx".encode())

    assert sent.header("X-Added") == ""
    assert sent.header("X-Google-Original-From") == "Boss X-Added: 1ü <büro@example.net>"


def test_own_accounts_receive_the_mail_unread_and_without_bcc(post: Post) -> None:
    raw = f"To: {THEIRS.upper()}\nBcc: a@example.net,\n b@example.net\nSubject: x\n\nbcc: stays"
    post.send(post.mailboxes[MINE], raw.encode())

    (received,) = post.mailboxes[THEIRS].search("in:inbox is:unread")

    assert (received.header("Bcc"), received.header("Delivered-To")) == ("", THEIRS)
    assert received.raw.endswith(b"\r\n\r\nbcc: stays")


def test_alias_sends_and_receives(post: Post) -> None:
    (alias,) = ACCOUNTS[0].aliases
    sent = post.send(post.mailboxes[MINE], f"From: Studio <{alias}>\nTo: a@example.net\n\nx".encode())
    post.send(post.mailboxes[THEIRS], f"To: {alias}\n\nx".encode())

    assert sent.header("From") == f"Studio <{alias}>"
    assert [mail.header("Delivered-To") for mail in post.mailboxes[MINE].search("in:inbox")] == [MINE]


def test_bcc_recipient_receives_the_mail(post: Post) -> None:
    post.send(post.mailboxes[MINE], f"To: a@example.net\nBcc: {THEIRS}\n\nx".encode())

    assert len(post.mailboxes[THEIRS].mails) == 1


def test_mail_to_oneself_is_stored_once(post: Post) -> None:
    name, _, host = MINE.partition("@")

    sent = post.send(post.mailboxes[MINE], f"To: {name}+notes@{host}\n\nx".encode())

    assert sent.labels == {"SENT", "INBOX", "UNREAD"}
    assert len(post.mailboxes[MINE].mails) == 1


def test_reply_is_delivered_into_its_thread(post: Post) -> None:
    first = post.send(post.mailboxes[MINE], f"To: {THEIRS}\nSubject: Plan\nMessage-ID: <1@example.com>\n\nx".encode())
    named = "In-Reply-To: <1@example.com>\nReferences: <1@example.com>\n"

    post.send(post.mailboxes[THEIRS], f"To: {MINE}\nSubject: Re: Plan\n{named}\ny".encode())

    assert len(post.mailboxes[MINE].thread(first.thread_id)) == 2
