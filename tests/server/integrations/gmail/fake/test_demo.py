"""The demo's mailbox looks fresh, holds what it should, and names nobody real."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from server.integrations.gmail.fake.demo import ACCOUNTS, FOLDER, fill_mailboxes, read_demo_mail, read_demo_mails, read_span
from server.integrations.gmail.fake.mail import walk
from server.integrations.gmail.fake.mailbox import Mailbox

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST = ACCOUNTS[0].address
FILES = sorted(FOLDER.glob("*.eml"))


class Clock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def mailboxes() -> dict[str, Mailbox]:
    mailboxes = {account.address: Mailbox(account, Clock()) for account in ACCOUNTS}
    fill_mailboxes(mailboxes, read_demo_mails(FOLDER, NOW, FIRST))
    return mailboxes


def test_demo_file_has_the_age_and_labels_of_its_mail() -> None:
    headers = b"X-Demo-Age: 2d 3h\nX-Demo-Labels: INBOX, My Label\nX-Demo-Account: other@example.net\n"
    raw = headers + b"Subject: x\n\nDue @{+3d %Y-%m-%d}, since @{-1d2h %H:%M}"

    mail = read_demo_mail("one", raw, NOW, FIRST)

    assert (mail.account, mail.labels) == ("other@example.net", ("INBOX", "My Label"))
    assert mail.received == NOW - timedelta(days=2, hours=3)
    assert mail.raw == b"Date: Thu, 19 Nov 2026 09:00:00 +0000\r\nSubject: x\r\n\r\nDue 2026-11-24, since 10:00"


def test_demo_file_may_omit_the_date() -> None:
    mail = read_demo_mail("one", b"X-Demo-Date: none\nSubject: x\n\n", NOW, FIRST)

    assert (mail.account, mail.raw) == (FIRST, b"Subject: x\r\n\r\n")


@pytest.mark.parametrize(("text", "hours"), [("3h", 3), ("2d 4h", 52), ("1w", 168), ("90m", 1.5), ("1d2h30m", 26.5)])
def test_time_spans_are_parsed(text: str, hours: float) -> None:
    assert read_span(text) == timedelta(hours=hours)


def test_demo_mails_are_recent_and_do_not_mention_the_demo(mailboxes: dict[str, Mailbox]) -> None:
    mails = [mail for mailbox in mailboxes.values() for mail in mailbox.mails.values()]

    assert len(mails) == len(FILES)
    for mail in mails:
        assert b"X-Demo" not in mail.raw
        assert b"@{" not in mail.raw
        date = mail.header("Date")
        assert not date or int(parsedate_to_datetime(date).timestamp() * 1000) == mail.received <= NOW.timestamp() * 1000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_demo_uses_example_addresses_only(path: Path) -> None:
    hosts = re.findall(rb"(?:@|https?://)((?:[a-z0-9-]+\.)+[a-z]{2,})", path.read_bytes(), re.IGNORECASE)

    assert [host for host in hosts if not re.search(rb"(^|\.)example\.(com|org|net)$", host)] == []


def test_demo_threads_are_joined_and_labels_created(mailboxes: dict[str, Mailbox]) -> None:
    mailbox = mailboxes[FIRST]

    for query, size in (("subject:lisbon", 5), ("subject:boiler", 4), ("subject:outing", 3)):
        results = mailbox.search(query)
        assert (len(results), len({mail.thread_id for mail in results})) == (size, 1)
    assert len(mailboxes[ACCOUNTS[1].address].search("subject:museum")) == 3
    assert len(mailbox.search("label:travel")) == 5
    assert len(mailbox.drafts) == 1


def test_demo_has_every_kind_of_difficult_mail(mailboxes: dict[str, Mailbox]) -> None:
    mails = list(mailboxes[FIRST].mails.values())
    kinds = {part.get_content_type() for mail in mails for part in walk(mail.parsed)}
    charsets = {str(part.get_content_charset()) for mail in mails for part in walk(mail.parsed)}

    assert {
        "message/rfc822",
        "multipart/related",
        "multipart/alternative",
        "text/calendar",
        "image/png",
        "application/pdf",
    } <= kinds
    assert {"iso-2022-jp", "koi8-r", "windows-1252", "us-ascii", "x-mac-klingon"} <= charsets
    assert any(not mail.header("Date") for mail in mails)
    assert any(not mail.header("Subject") for mail in mails)
    assert any(len(mail.references) == 80 for mail in mails)
    assert any("Ignore previous instructions" in mail.text for mail in mails)
    assert any("\u202e" in name for mail in mails for name in mail.filenames)


def test_demo_ids_are_stable(mailboxes: dict[str, Mailbox]) -> None:
    later = {account.address: Mailbox(account, Clock()) for account in ACCOUNTS}
    fill_mailboxes(later, read_demo_mails(FOLDER, NOW + timedelta(days=30), FIRST))

    for address, mailbox in mailboxes.items():
        assert set(later[address].mails) == set(mailbox.mails)
        assert later[address].drafts == mailbox.drafts
