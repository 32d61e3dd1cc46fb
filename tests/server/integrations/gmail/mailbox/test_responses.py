"""No answer is longer than a client takes, whatever a mail holds."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.integrations.gmail.mailbox.responses import (
    INCOMPLETE,
    LARGEST_ANSWER,
    UNREADABLE,
    label_ids,
    lean_entries,
    name_labels,
    shorten_to_limit,
    view_all_listed,
    view_entries,
    view_entry,
    view_listed,
    view_whole,
)

ME = "me@example.com"


def message(text: str = "hi", *, crowd: int = 1, subject: str = "Hi", files: int = 0, name: str = "a.pdf") -> dict:
    data = base64.urlsafe_b64encode(text.encode()).decode()
    people = ", ".join(f"{'N' * 150} <{'u' * 200}{number}@example.com>" for number in range(crowd))
    headers = [{"name": header_name, "value": people} for header_name in ("To", "Cc", "Bcc", "Reply-To")]
    headers += [{"name": "Subject", "value": subject}, {"name": "From", "value": "Eve <eve@example.com>"}]
    parts = [{"mimeType": "text/plain", "body": {"data": data}}]
    parts += [{"mimeType": "application/pdf", "filename": name, "body": {"attachmentId": "A" * 400, "size": 1}}] * files
    payload = {"mimeType": "multipart/mixed", "headers": headers, "parts": parts}
    labels = ["INBOX", "UNREAD", "Label_1"]
    return {
        "id": "18aa",
        "threadId": "18ab",
        "labelIds": labels,
        "snippet": "hi",
        "internalDate": "1760000000000",
        "payload": payload,
    }


def test_message_has_the_names_of_its_labels():
    entry = view_entry(message(), ME, {"Label_1": "Travel"})
    assert (entry.id, entry.thread_id, entry.from_email) == ("18aa", "18ab", "Eve <eve@example.com>")
    assert (entry.labels, entry.unread, entry.has_attachments) == (["INBOX", "UNREAD", "Travel"], True, False)
    assert entry.date == "2025-10-09T08:53:20Z"


def test_short_messages_stay_complete():
    mails = shorten_to_limit([view_listed(message("hello\n" * 20), ME, {}, {}) for _ in range(10)])
    assert all(mail.body == "\n".join(["hello"] * 20) and not mail.truncated for mail in mails)


def test_long_message_does_not_shorten_the_short_ones():
    mails = [view_listed(message(text), ME, {}, {}) for text in ("short", "x" * 500_000, "short too")]
    first, second, third = shorten_to_limit(mails)
    assert (first.body, third.body) == ("short", "short too")
    assert second.truncated
    assert 70_000 < len(second.body) < LARGEST_ANSWER


@pytest.mark.parametrize("text", ["x" * 100_000, '"\\\n' * 50_000, "日本語" * 40_000, "\t" * 100_000])
@pytest.mark.parametrize(("crowd", "subject"), [(1, "Hi"), (60, "S" * 5000)])
def test_fifty_long_messages_fit(text, crowd, subject):
    viewed = view_listed(message(text, crowd=crowd, subject=subject), ME, {}, {})
    mails = shorten_to_limit([viewed] * 50)
    assert len(mails) == 50
    assert sum(len(viewed.model_dump_json()) + 1 for viewed in mails) <= LARGEST_ANSWER


def test_fifty_entries_with_long_headers_fit():
    entries = lean_entries([view_entry(message(crowd=60, subject="S" * 5000), ME, {"Label_1": "L" * 400})] * 50)
    assert sum(len(entry.model_dump_json()) + 1 for entry in entries) <= LARGEST_ANSWER
    assert entries[0].id == "18aa"


@pytest.mark.parametrize("text", ["0123456789" * 30_000, 'say "hi"\n' * 20_000, "é" * 100_000, "short", ""])
def test_long_message_is_paginated_without_a_gap(text):
    offset, pages = 0, []
    while True:
        page = view_whole(message(text, crowd=60, files=300, name="n" * 250), ME, {}, {}, offset)
        assert len(page.model_dump_json()) <= LARGEST_ANSWER
        pages.append(page.body)
        if page.next_offset is None:
            break
        assert page.truncated
        assert page.next_offset > offset
        offset = page.next_offset
    assert "".join(pages) == text.strip("\n")
    assert len(pages) < 12


def test_page_after_the_end_is_empty():
    page = view_whole(message("hi"), ME, {}, {}, 1000)
    assert (page.body, page.truncated, page.next_offset) == ("", False, None)


def test_attachments_have_short_ids():
    (first, second) = view_whole(message(files=2), ME, {}, {}).attachments
    assert (first.attachment_id, second.attachment_id, first.name, first.size) == ("0-1", "0-2", "a.pdf", 1)


def test_labels_without_a_name_keep_their_id():
    assert name_labels({"labelIds": ["Label_9", 3, None]}, {}) == ["Label_9"]
    assert label_ids({"labelIds": "INBOX"}) == label_ids({}) == []


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["id", "threadId", "labelIds", "snippet", "internalDate", "payload"]),
        st.none() | st.text() | st.lists(st.text()) | st.integers(),
    )
)
def test_malformed_message_is_described_within_the_limit(strange):
    entry, whole = view_entry(strange, ME, {}), view_whole(strange, ME, {}, {})
    (listed,) = shorten_to_limit([view_listed(strange, ME, {}, {})])

    assert (entry.id, entry.labels) == (whole.id, whole.labels) == (listed.id, listed.labels)
    assert max(len(view.model_dump_json()) for view in (entry, whole, listed)) <= LARGEST_ANSWER


class Unreadable(dict):
    """A part of a mail at which reading fails as nobody foresaw."""

    def get(self, *_):
        raise RuntimeError


def test_mail_that_cannot_be_read_is_an_item_that_says_so():
    messages = [message("one"), {**message(), "id": "18ff", "payload": Unreadable()}, message("three")]
    entries, listed = view_entries(messages, ME, {}), view_all_listed(messages, ME, {}, {})
    whole = view_whole(messages[1], ME, {}, {})
    assert [entry.body for entry in listed] == ["one", "", "three"]
    assert [entry.problem is None for entry in entries] == [entry.problem is None for entry in listed] == [True, False, True]
    for item in (entries[1], listed[1], whole):
        assert (item.id, item.problem, item.unread, item.date) == ("18ff", UNREADABLE, True, "2025-10-09T08:53:20Z")
    assert (listed[1].truncated, whole.truncated) == (True, True)


def test_part_that_cannot_be_read_hides_no_other_part():
    broken = message("one", files=1)
    broken["payload"]["parts"].insert(1, Unreadable())
    whole = view_whole(broken, ME, {}, {})
    assert (whole.body, whole.problem) == ("one", None)
    assert [file.name for file in whole.attachments] == ["attachment-0-1", "a.pdf"]


def test_text_that_cannot_be_read_keeps_the_rest_of_the_mail():
    part = {"mimeType": "text/plain", "body": {"data": "a"}}
    whole = view_whole({**message(), "payload": {**message()["payload"], "parts": [part]}}, ME, {}, {})
    assert (whole.subject, whole.body, whole.truncated, whole.problem) == ("Hi", "", True, INCOMPLETE)


def test_text_that_is_not_here_stays_truncated_in_a_list():
    part = {"mimeType": "text/plain", "body": {"attachmentId": "ANGx", "size": 9}}
    (listed,) = shorten_to_limit(view_all_listed([{**message(), "payload": part}], ME, {}, {}))
    assert (listed.body, listed.truncated) == ("", True)


@pytest.mark.parametrize("crowd", [1, 400])
def test_shortened_people_keep_their_addresses(crowd):
    people = ", ".join(f"{'N' * 300} <recipient-{number}@host.example>" for number in range(crowd))
    headers = [{"name": name, "value": people} for name in ("From", "To", "Cc")]
    strange = {**message(), "payload": {"mimeType": "text/plain", "headers": headers}}
    for entry in lean_entries(view_all_listed([strange] * 120, ME, {}, {})):
        for person in (*entry.to, *entry.cc, *entry.from_email.split(", ")):
            assert re.fullmatch(r"N+… <recipient-\d+@host\.example>|… and \d+ more", person)
        assert entry.to[-1] == ("… and 398 more" if crowd == 400 else f"{'N' * 72}… <recipient-0@host.example>")


def test_attachments_that_are_not_listed_are_counted():
    assert view_whole(message(files=130), ME, {}, {}).more_attachments == 30
    long = view_whole(message(files=300, name="n" * 250, crowd=60), ME, {}, {})
    assert len(long.attachments) + long.more_attachments == 300
    assert view_whole(message(files=3), ME, {}, {}).more_attachments == 0
