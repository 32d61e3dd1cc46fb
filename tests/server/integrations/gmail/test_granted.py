"""Granted permissions, and the consequences of missing ones."""

import pytest

from server.integrations.gmail.accounts.session import FULL_SCOPE, REQUESTED
from server.integrations.gmail.granted import describe_accounts
from server.integrations.gmail.models import SignedIn

READ, COMPOSE, MODIFY = REQUESTED


@pytest.mark.parametrize(
    ("scopes", "granted"),
    [
        ([READ], ["read"]),
        ([COMPOSE], ["send"]),
        ([READ, COMPOSE], ["read", "send"]),
        ([MODIFY], ["read", "send", "change"]),
        ([FULL_SCOPE], ["read", "send", "change"]),
        ([], []),
    ],
)
def test_granted_permissions_are_shown(scopes, granted):
    (account,) = describe_accounts([SignedIn(address="a@example.com", scopes=scopes)])
    assert [permission.name for permission in account.permissions if permission.granted] == granted
    assert all(permission.title and permission.missing and permission.google for permission in account.permissions)
    assert account.full == (FULL_SCOPE in scopes)


def test_first_account_is_the_default():
    accounts = describe_accounts([SignedIn(address="a@example.com"), SignedIn(address="b@example.com", problem="Over.")])
    assert [(account.address, account.first, account.problem) for account in accounts] == [
        ("a@example.com", True, None),
        ("b@example.com", False, "Over."),
    ]
