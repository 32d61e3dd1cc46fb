"""Accounts keep their tokens, renew them once, and say when the person has to sign in again."""

import asyncio
from datetime import timedelta

import pytest

from server.core.errors import NotFound, SignInNeeded, Unavailable
from server.integrations.gmail.accounts.accounts import SECTION, Accounts, Tokens, secret_name
from server.integrations.gmail.adapter.google import Google, Grant
from server.integrations.gmail.models import Endpoints, GmailSettings

FIRST, SECOND = "alex@example.com", "alex.morgan@example.org"


def test_the_first_account_is_used_where_none_is_named(desk):
    accounts = desk.mailbox.accounts
    assert accounts.find(None).address == FIRST
    assert accounts.find(" Alex.Morgan@EXAMPLE.org ").address == SECOND
    with pytest.raises(NotFound, match=f"{FIRST}, {SECOND}"):
        accounts.find("eve@example.com")


def test_without_an_account_the_person_is_told_what_to_do(new_desk):
    with pytest.raises(SignInNeeded, match="choose Sign in"):
        new_desk.mailbox.accounts.find(None)


def test_a_token_is_used_while_it_lives_and_renewed_once_for_everybody(desk):
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


def test_a_renewed_token_is_kept_for_the_next_start(desk):
    desk.clock.later += timedelta(hours=2)
    token = desk.run(desk.mailbox.accounts.token(FIRST))
    again = Accounts(desk.context, Google())
    assert desk.run(again.token(FIRST)) == token
    again.close()
    assert len(desk.calls("^/token")) == 1


def test_tokens_lie_among_the_secrets_and_nowhere_else(desk):
    stored = Tokens.load(desk.run(desk.context.secrets.get(secret_name(FIRST))))
    assert stored.refresh not in repr(stored)
    settings = (desk.context.folders.data / "settings.json").read_text()
    assert stored.refresh not in settings
    assert stored.access not in settings
    assert FIRST in settings


def test_a_grant_that_was_taken_back_becomes_a_state_until_the_person_signs_in_again(desk):
    desk.google.revoke(FIRST)
    desk.clock.later += timedelta(hours=2)
    for _ in range(2):
        with pytest.raises(SignInNeeded, match="ended this sign-in"):
            desk.run(desk.mailbox.inbox.summarize_unread(None))
    assert len(desk.calls("^/token")) == 1
    status = desk.mailbox.status()
    assert [one.signed_in for one in status.accounts] == [False, True]
    assert "ended" in status.accounts[0].problem
    desk.sign_in(FIRST)
    assert desk.run(desk.mailbox.inbox.summarize_unread(None)).account == FIRST
    assert [one.address for one in desk.mailbox.status().accounts] == [FIRST, SECOND]


def test_a_short_trouble_at_google_is_no_reason_to_sign_in(desk):
    desk.clock.later += timedelta(hours=2)
    desk.google.fail_next(400, path="^/token", times=1)
    desk.google.drop_next(path="^/token", times=9)
    with pytest.raises(Exception, match="Google") as failed:
        desk.run(desk.mailbox.accounts.token(FIRST))
    assert failed.value.status == 502
    desk.google.faults.clear()
    assert desk.mailbox.status().accounts[0].signed_in


@pytest.mark.parametrize("stored", [None, "", "{}", "[]", '{"refresh": "x"}'])
def test_tokens_that_are_lost_are_a_reason_to_sign_in(new_desk, stored):
    new_desk.sign_in(FIRST)
    if stored is None:
        new_desk.run(new_desk.context.secrets.delete(secret_name(FIRST)))
    else:
        new_desk.run(new_desk.context.secrets.set(secret_name(FIRST), stored))
    accounts = Accounts(new_desk.context, Google())
    with pytest.raises(SignInNeeded, match="lost"):
        new_desk.run(accounts.token(FIRST))
    accounts.close()


def test_signing_out_takes_the_grant_back_and_forgets(desk):
    desk.run(desk.mailbox.accounts.forget(FIRST))
    assert [one.status for one in desk.calls("^/revoke")] == [200]
    assert desk.run(desk.context.secrets.get(secret_name(FIRST))) is None
    assert [one.address for one in desk.mailbox.accounts.settings.accounts] == [SECOND]


def test_signing_out_works_without_google(desk):
    desk.google.drop_next(path="^/revoke", times=5)
    desk.run(desk.mailbox.accounts.forget(FIRST))
    assert [one.address for one in desk.mailbox.accounts.settings.accounts] == [SECOND]


def test_new_credentials_give_every_account_another_chance(desk):
    desk.run(desk.mailbox.accounts.mark(FIRST, "Google does not know this client any more."))
    desk.run(desk.mailbox.accounts.keep_client(desk.run(desk.mailbox.accounts.need_client())))
    assert desk.run(desk.mailbox.inbox.summarize_unread(None)).account == FIRST


def test_the_window_hears_of_every_change(desk):
    with desk.context.events.subscribed() as news:
        desk.run(desk.mailbox.accounts.forget(SECOND))
        assert desk.run(anext(news)).topic == "gmail"


def test_outside_of_demo_mode_only_googles_own_addresses_are_used(desk):
    real = Accounts(type(desk.context)(**{**vars(desk.context), "demo": False}), Google())
    assert real.endpoints == Endpoints()
    assert all(address.startswith("https://") for address in Endpoints().model_dump().values())
    real.close()


def test_in_demo_mode_nothing_but_this_computer_is_asked(desk):
    desk.set(endpoints=Endpoints())
    with pytest.raises(Unavailable, match="demo"):
        _ = desk.mailbox.accounts.endpoints


def test_accounts_that_change_at_the_same_time_are_all_kept(new_desk):
    accounts = new_desk.mailbox.accounts

    async def remember_many():
        await asyncio.gather(*(accounts.remember(f"u{number}@example.com", Grant("a", "r", 1, ())) for number in range(10)))

    new_desk.run(remember_many())
    assert len(new_desk.context.settings.read(SECTION, GmailSettings).accounts) == 10


def test_another_account_becomes_the_first(desk):
    first, second = desk.google.accounts
    desk.run(desk.mailbox.accounts.put_first(second.upper()))
    assert [one.address for one in desk.mailbox.accounts.settings.accounts] == [second, first]
    assert desk.mailbox.accounts.find(None).address == second
    with pytest.raises(NotFound):
        desk.run(desk.mailbox.accounts.put_first("eve@example.com"))
