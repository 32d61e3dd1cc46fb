"""Long texts are fetched, those of the newest mails first, and what was not fetched is known."""

from typing import Any

import pytest

from server.integrations.gmail.accounts.session import open_session
from server.integrations.gmail.mailbox.bodies import FetchLimit, choose_detached, fetch_bodies, read_received


def write(message_id: str, received: int, *sizes: int) -> dict[str, Any]:
    """Write a mail with texts that Gmail hands out separately."""
    parts = [{"mimeType": "text/plain", "body": {"attachmentId": f"{message_id}{size}", "size": size}} for size in sizes]
    return {"id": message_id, "internalDate": str(received), "payload": {"mimeType": "multipart/mixed", "parts": parts}}


def choose(messages: list[dict[str, Any]], parts: int = 100, size: int = 100_000) -> list[tuple[str, str]]:
    return [(message_id, part.gmail_id) for message_id, part in choose_detached(messages, FetchLimit(parts, size))]


def test_newest_mails_come_first_in_any_order():
    oldest_first = [write("a", 1, 10), write("b", 20, 10), write("c", 3, 10)]
    assert choose(oldest_first) == choose(oldest_first[::-1]) == [("b", "b10"), ("c", "c10"), ("a", "a10")]
    assert choose(oldest_first, parts=2) == [("b", "b10"), ("c", "c10")]


def test_texts_of_a_mail_are_fetched_together_or_not_at_all():
    assert choose([write("a", 2, 10, 20, 30), write("b", 1, 10)], parts=2) == [("b", "b10")]
    assert choose([write("a", 2, 60_000, 60_000), write("b", 1, 10)]) == [("b", "b10")]


def test_mail_that_cannot_be_read_does_not_hide_the_texts_of_others():
    class Unreadable(dict):
        def get(self, *_):
            raise RuntimeError

    assert choose([{"id": "x", "payload": Unreadable()}, {"id": "y", "problem": "gone"}, write("a", 1, 10)]) == [("a", "a10")]


@pytest.mark.parametrize("received", [None, 5, "x", "9" * 5000, "\u0662", ""])
def test_strange_time_of_arrival_counts_as_old(received):
    assert read_received({"internalDate": received}) == 0


def test_failure_to_fetch_one_text_leaves_it_out(desk):
    raw = b"From: bob@example.com\r\n\r\n" + b"long " * 20_000
    with desk.google.lock:
        ids = [desk.google.mailboxes["alex@example.com"].add(raw, {"INBOX"}).id for _ in range(2)]
    session = open_session(desk.mailbox.accounts, None)
    messages = [desk.run(session.read("messages.get", id=mail_id)) for mail_id in ids]
    assert desk.run(fetch_bodies(session, messages, FetchLimit(9, 10**9)))[ids[0]]["0"].startswith(b"long long")
    desk.google.fail_next(500, path=f"{ids[0]}/attachments")
    assert list(desk.run(fetch_bodies(session, messages, FetchLimit(9, 10**9)))) == [ids[1]]
