"""Accounts keep their tokens, renew them once, and say when the person has to sign in again."""

import asyncio
from datetime import timedelta

import pytest

from server.core.errors import NotFound, SignInNeeded, Unavailable
from server.integrations.gmail.accounts.accounts import SECTION, Accounts, Tokens, secret_name
from server.integrations.gmail.adapter.google import Google, Grant
from server.integrations.gmail.local import sign_out
from server.integrations.gmail.models import Endpoints, GmailSettings

FIRST, SECOND = "alex@example.com", "alex.morgan@example.org"


def test_first_account_is_the_default(desk):
    accounts = desk.mailbox.accounts
    assert accounts.find(None).address == FIRST
    assert accounts.find(" Alex.Morgan@EXAMPLE.org ").address == SECOND
    with pytest.raises(NotFound, match=f"{FIRST}, {SECOND}"):
        accounts.find("eve@example.com")


def test_missing_account_is_refused_with_a_hint_to_sign_in(new_desk):
    with pytest.raises(SignInNeeded, match="choose Sign in"):
        new_desk.mailbox.accounts.find(None)


def test_access_token_is_used_until_it_expires_and_refreshed_once_for_concurrent_calls(desk):
    accounts = desk.mailbox.accounts

    async def ask_often():
        return await asyncio.gather(*(accounts.token(FIRST) for _ in range(20)))

    before = set(desk.run(ask_often()))
    assert desk.calls("^/token") == []
    desk.clock.later += timedelta(hours=2)
    after = set(desk.run(ask_often()))
    assert len(before) == len(after) == 1
    assert before != after
    assert len(desk.calls("^/token")) == 1


def test_refreshed_token_is_stored_for_the_next_start(desk):
    desk.clock.later += timedelta(hours=2)
    token = desk.run(desk.mailbox.accounts.token(FIRST))
    again = Accounts(desk.context, Google())
    assert desk.run(again.token(FIRST)) == token
    again.close()
    assert len(desk.calls("^/token")) == 1


def test_tokens_are_stored_in_the_keyring_only(desk):
    stored = Tokens.load(desk.run(desk.context.secrets.get(secret_name(FIRST))))
    assert stored.refresh not in repr(stored)
    settings = (desk.context.folders.data / "settings.json").read_text()
    assert stored.refresh not in settings
    assert stored.access not in settings
    assert FIRST in settings


def test_revoked_grant_becomes_a_problem_until_the_next_sign_in(desk):
    desk.google.revoke(FIRST)
    desk.clock.later += timedelta(hours=2)
    for _ in range(2):
        with pytest.raises(SignInNeeded, match="ended this sign-in"):
            desk.run(desk.mailbox.inbox.summarize_unread(None))
    assert len(desk.calls("^/token")) == 1
    status = desk.mailbox.status()
    assert [account.signed_in for account in status.accounts] == [False, True]
    assert "ended" in status.accounts[0].problem
    desk.sign_in(FIRST)
    assert desk.run(desk.mailbox.inbox.summarize_unread(None)).account == FIRST
    assert [account.address for account in desk.mailbox.status().accounts] == [FIRST, SECOND]


def test_temporary_failure_of_google_does_not_require_a_sign_in(desk):
    desk.clock.later += timedelta(hours=2)
    desk.google.fail_next(400, path="^/token", times=1)
    desk.google.drop_next(path="^/token", times=9)
    with pytest.raises(Exception, match="Google") as failed:
        desk.run(desk.mailbox.accounts.token(FIRST))
    assert failed.value.status == 502
    desk.google.faults.clear()
    assert desk.mailbox.status().accounts[0].signed_in


@pytest.mark.parametrize("stored", [None, "", "{}", "[]", '{"refresh": "x"}'])
def test_lost_tokens_require_a_sign_in(new_desk, stored):
    new_desk.sign_in(FIRST)
    if stored is None:
        new_desk.run(new_desk.context.secrets.delete(secret_name(FIRST)))
    else:
        new_desk.run(new_desk.context.secrets.set(secret_name(FIRST), stored))
    accounts = Accounts(new_desk.context, Google())
    with pytest.raises(SignInNeeded, match="lost"):
        new_desk.run(accounts.token(FIRST))
    accounts.close()


def test_sign_out_revokes_the_grant_and_deletes_the_account(desk):
    assert desk.run(sign_out(desk.mailbox, FIRST)).message == f"{FIRST} is signed out."
    assert [call.status for call in desk.calls("^/revoke")] == [200]
    assert desk.run(desk.context.secrets.get(secret_name(FIRST))) is None
    assert [call.address for call in desk.mailbox.accounts.settings.accounts] == [SECOND]


def test_sign_out_works_without_google(desk):
    desk.google.drop_next(path="^/revoke", times=5)
    message = desk.run(sign_out(desk.mailbox, FIRST)).message
    assert message.startswith(f"{FIRST} is signed out. Google did not answer"), "its access may not be taken back"
    assert [account.address for account in desk.mailbox.accounts.settings.accounts] == [SECOND]


def test_new_credentials_reset_the_problem_of_every_account(desk):
    desk.run(desk.mailbox.accounts.mark(FIRST, "Google does not know this client any more."))
    desk.run(desk.mailbox.accounts.keep_client(desk.run(desk.mailbox.accounts.need_client())))
    assert desk.run(desk.mailbox.inbox.summarize_unread(None)).account == FIRST


def test_account_changes_are_published(desk):
    with desk.context.events.subscribed() as news:
        desk.run(desk.mailbox.accounts.forget(SECOND))
        assert desk.run(anext(news)).topic == "gmail"


def test_only_google_hosts_are_used_outside_of_demo_mode(desk):
    real = Accounts(type(desk.context)(**{**vars(desk.context), "demo": False}), Google())
    assert real.endpoints == Endpoints()
    assert all(address.startswith("https://") for address in Endpoints().model_dump().values())
    real.close()


def test_only_loopback_is_used_in_demo_mode(desk):
    desk.set(endpoints=Endpoints())
    with pytest.raises(Unavailable, match="demo"):
        _ = desk.mailbox.accounts.endpoints


def test_concurrent_account_changes_are_all_stored(new_desk):
    accounts = new_desk.mailbox.accounts

    async def remember_many():
        await asyncio.gather(*(accounts.remember(f"u{number}@example.com", Grant("a", "r", 1, ())) for number in range(10)))

    new_desk.run(remember_many())
    assert len(new_desk.context.settings.read(SECTION, GmailSettings).accounts) == 10


def test_default_account_is_changed(desk):
    first, second = desk.google.accounts
    desk.run(desk.mailbox.accounts.put_first(second.upper()))
    assert [account.address for account in desk.mailbox.accounts.settings.accounts] == [second, first]
    assert desk.mailbox.accounts.find(None).address == second
    with pytest.raises(NotFound):
        desk.run(desk.mailbox.accounts.put_first("eve@example.com"))
