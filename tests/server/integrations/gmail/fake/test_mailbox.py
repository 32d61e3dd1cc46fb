"""Mails in threads."""

from datetime import UTC, datetime

import pytest

from server.integrations.gmail.fake.google import Account, GoogleError
from server.integrations.gmail.fake.mailbox import Mailbox, plain_subject


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(Account("me@example.com", "Me"), Clock())


FIRST = b"Subject: Plan\nMessage-ID: <1@example.com>\n\nfirst\n"
ANSWER = b"Subject: RE: plan\nIn-Reply-To: <1@example.com>\nReferences: <1@example.com>\n\nsecond\n"


def test_ids_are_sixteen_hexadecimal_digits_and_repeat_with_a_seed(mailbox: Mailbox) -> None:
    ids = [mailbox.add(FIRST).id, mailbox.add(FIRST).id, mailbox.add(FIRST, seed="a").id]

    assert all(len(mail_id) == 16 and int(mail_id, 16) for mail_id in ids)
    assert len(set(ids)) == 3
    assert Mailbox(mailbox.account, Clock()).add(FIRST, seed="a").id == ids[2]


def test_arriving_reply_joins_the_thread(mailbox: Mailbox) -> None:
    first = mailbox.add(FIRST)

    assert mailbox.place_arrival(ANSWER) == first.thread_id
    assert mailbox.place_arrival(ANSWER.replace(b"plan", b"other")) == ""
    assert mailbox.place_arrival(ANSWER.replace(b"<1@", b"<2@")) == ""


def test_sent_reply_joins_a_thread_by_id_and_references(mailbox: Mailbox) -> None:
    first = mailbox.add(FIRST)

    assert mailbox.place_answer(ANSWER, first.thread_id) == first.thread_id
    assert mailbox.place_answer(ANSWER, "") == ""
    assert mailbox.place_answer(ANSWER.replace(b"References: <1@example.com>\n", b""), first.thread_id) == ""
    assert mailbox.place_answer(ANSWER.replace(b"plan", b"other"), first.thread_id) == ""
    with pytest.raises(GoogleError):
        mailbox.place_answer(ANSWER, "abcdef")


@pytest.mark.parametrize(
    ("subject", "plain"),
    [("Re: Plan", "plan"), ("RE: Fwd: re[2]:  Plan  B", "plan b"), ("AW: Plan", "plan"), ("Regards", "regards"), ("", "")],
)
def test_subjects_are_compared_without_reply_prefixes(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


def test_thread_is_sorted_oldest_first_and_a_list_newest_first(mailbox: Mailbox) -> None:
    late = mailbox.add(ANSWER, thread_id="aa", received=2)
    early = mailbox.add(FIRST, thread_id="aa", received=1)

    assert mailbox.thread("aa") == [early, late]
    assert mailbox.search() == [late, early]
    assert [message["id"] for message in mailbox.describe()] == [late.id, early.id]


def test_deleted_message_deletes_its_draft(mailbox: Mailbox) -> None:
    draft_id = mailbox.keep_draft(mailbox.add(FIRST, {"DRAFT"}))

    mailbox.delete(mailbox.find_draft(draft_id).id)

    with pytest.raises(GoogleError):
        mailbox.find_draft(draft_id)


def test_label_counts_messages_and_threads(mailbox: Mailbox) -> None:
    for thread in ("aa", "aa", "bb"):
        mailbox.add(FIRST, {"INBOX", "UNREAD"} if thread == "aa" else {"INBOX"}, thread_id=thread)

    assert mailbox.count("INBOX") == {"messagesTotal": 3, "messagesUnread": 2, "threadsTotal": 2, "threadsUnread": 1}


@pytest.mark.parametrize("mail_id", ["", "XYZ", "12345678901234567", "../x"])
def test_invalid_id_is_refused(mailbox: Mailbox, mail_id: str) -> None:
    with pytest.raises(GoogleError, match="Invalid id value"):
        mailbox.find(mail_id)
