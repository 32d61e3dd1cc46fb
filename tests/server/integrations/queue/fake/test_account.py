"""Chats of the fake account, and the count of what was sent."""

import pytest

from server.integrations.queue.fake.account import Account, Sent


def test_refused_message_is_not_counted():
    account = Account()
    account.sent += [Sent("a", "Hello"), Sent("a", "Hello"), Sent("a", "Hello", accepted=False)]
    assert account.count_sent() == {"Hello": 2}
    assert [sent["accepted"] for sent in account.describe_sent()] == [True, True, False]


def test_temporary_chat_is_in_no_list_and_an_unknown_one_does_not_open():
    account = Account()
    account.open("", temporary=True)
    chat = account.open("", "g-p-1")
    assert account.list_chats() == [chat]
    with pytest.raises(KeyError):
        account.open("unknown")


def test_chats_are_listed_last_changed_first():
    account = Account()
    turns = [("user", "Hello"), ("assistant", "Hi")]
    old, new = account.add_chat("Old", turns, created=1000), account.add_chat("New", turns, created=2000)
    assert account.list_chats() == [new, old]
