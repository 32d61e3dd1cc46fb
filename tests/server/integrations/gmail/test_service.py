"""A mailbox says how it is, and starts without asking Google."""

from server.integrations.gmail.accounts.accounts import NOT_SIGNED_IN
from server.integrations.gmail.accounts.session import REQUESTED


def test_status_without_an_account(new_desk):
    status = new_desk.mailbox.status()
    assert (status.authenticated, status.message, status.accounts) == (False, NOT_SIGNED_IN, [])


def test_accounts_are_listed_with_their_permissions(new_desk):
    new_desk.sign_in()
    new_desk.sign_in("alex.morgan@example.org", REQUESTED[:1])
    status = new_desk.mailbox.status()
    assert status.message == "Signed in: alex@example.com, alex.morgan@example.org."
    assert [(account.can_read, account.can_send, account.can_change) for account in status.accounts] == [
        (True, True, True),
        (True, False, False),
    ]


def test_account_with_a_problem_is_not_signed_in(new_desk):
    new_desk.sign_in()
    new_desk.run(new_desk.mailbox.accounts.mark("alex@example.com", "Sign in again."))
    status = new_desk.mailbox.status()
    assert (status.authenticated, status.message) == (False, "Sign in again.")
    assert not status.accounts[0].signed_in


def test_start_does_not_call_google(desk):
    assert list(desk.google.calls) == []
