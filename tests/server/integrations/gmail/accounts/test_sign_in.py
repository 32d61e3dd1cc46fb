"""Signing in ends with what Google really granted, for whoever began it, once, and in time."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from server.core.errors import Conflict, DeskhandError, Forbidden, InvalidInput, SignInNeeded, Unavailable
from server.integrations.gmail.accounts.session import REQUESTED
from server.integrations.gmail.accounts.sign_in import MOST_WAITING, check_grant, make_credentials, read_credentials
from server.integrations.gmail.adapter.google import Grant
from server.integrations.gmail.fake import Consent
from tests import loopback


def answer(desk, address: str, consent: Consent) -> dict[str, str]:
    """Let the person answer Google's page, and tell what their browser brings back."""
    desk.google.sign_in.consent = consent
    location = loopback.get(address).headers["location"]
    assert location.startswith("http://127.0.0.1:7/oauth2callback?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def finish(desk, back: dict[str, str]) -> str:
    return desk.run(desk.mailbox.sign_ins.finish(back.get("state", ""), back.get("code", ""), back.get("error", "")))


def test_sign_in_adds_the_account(new_desk):
    address = new_desk.run(new_desk.mailbox.sign_ins.begin())
    assert new_desk.mailbox.sign_ins.latest.state == "waiting"
    assert finish(new_desk, answer(new_desk, address, Consent())) == "alex@example.com"
    assert new_desk.mailbox.sign_ins.latest.state == "done"
    assert new_desk.mailbox.status().accounts[0].can_change
    assert new_desk.run(new_desk.mailbox.inbox.summarize_unread(None)).unread_messages > 0


def test_unticked_permission_is_not_granted(new_desk):
    address = new_desk.run(new_desk.mailbox.sign_ins.begin())
    finish(new_desk, answer(new_desk, address, Consent(scopes=frozenset(REQUESTED[:1]))))
    (account,) = new_desk.mailbox.status().accounts
    assert (account.can_read, account.can_send, account.can_change) == (True, False, False)


@pytest.mark.parametrize(
    ("consent", "why"), [(Consent(refused=True), "did not complete the sign-in"), (Consent(scopes=frozenset()), "was selected")]
)
def test_denied_consent_adds_no_account(new_desk, consent, why):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), consent)
    with pytest.raises(Forbidden, match=why):
        finish(new_desk, back)
    assert new_desk.mailbox.sign_ins.latest.state == "failed"
    assert new_desk.mailbox.accounts.settings.accounts == []


def test_sign_in_callback_works_once(new_desk):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    finish(new_desk, back)
    with pytest.raises(InvalidInput, match="finished already"):
        finish(new_desk, back)
    assert new_desk.mailbox.sign_ins.latest.state == "done"


@pytest.mark.parametrize("state", ["", "guessed", "\ud800"])
def test_sign_in_with_a_foreign_state_is_refused(new_desk, state):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    with pytest.raises(InvalidInput):
        finish(new_desk, {**back, "state": state})
    assert new_desk.calls("^/token") == []


def test_code_of_another_sign_in_is_refused_by_google(new_desk):
    first = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    second = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent(account="alex.morgan@example.org"))
    with pytest.raises(SignInNeeded):
        finish(new_desk, {**first, "code": second["code"]})
    assert new_desk.mailbox.accounts.settings.accounts == []


def test_sign_in_expires(new_desk):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    new_desk.clock.later += timedelta(minutes=11)
    with pytest.raises(InvalidInput, match="too long"):
        finish(new_desk, back)


def test_number_of_pending_sign_ins_is_limited(new_desk):
    addresses = [new_desk.run(new_desk.mailbox.sign_ins.begin()) for _ in range(MOST_WAITING + 2)]
    with pytest.raises(InvalidInput):
        finish(new_desk, answer(new_desk, addresses[0], Consent()))
    assert finish(new_desk, answer(new_desk, addresses[-1], Consent()))


def test_failure_at_google_is_reported_and_adds_no_account(new_desk):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    new_desk.google.fail_next(500, path="profile")
    with pytest.raises(DeskhandError):
        finish(new_desk, back)
    assert new_desk.mailbox.sign_ins.latest.state == "failed"
    assert new_desk.mailbox.accounts.settings.accounts == []


def test_sign_in_needs_credentials(new_desk):
    new_desk.run(new_desk.context.secrets.delete("gmail/client"))
    with pytest.raises(Conflict, match="credentials"):
        new_desk.run(new_desk.mailbox.sign_ins.begin())


def test_sign_in_needs_a_running_server(new_desk):
    object.__setattr__(new_desk.context, "local_address", lambda: "")
    with pytest.raises(Unavailable):
        new_desk.run(new_desk.mailbox.sign_ins.begin())


def test_credentials_file_of_google_is_parsed(google):
    client = read_credentials(json.dumps(google.client_secrets()))
    assert client.client_id == google.client_secrets()["installed"]["client_id"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"web": {"client_id": "x", "client_secret": "y"}}', "Desktop app"),
        ("{}", "Download JSON"),
        ("[]", "Download JSON"),
        ('{"installed": []}', "Download JSON"),
        ('{"installed": {"client_id": 1, "client_secret": "y"}}', "Download JSON"),
        ("not json", "Download JSON"),
        ("[" * 100_000, "Download JSON"),
        ('{"installed": {"client_id": "with spaces in it", "client_secret": "secret"}}', "without spaces"),
    ],
)
def test_other_file_is_refused_with_a_hint(text, words):
    with pytest.raises(InvalidInput, match=words):
        read_credentials(text)


def test_pasted_credentials_are_stripped():
    assert make_credentials(" client-id-1 \n", "\tsecret ").client_id == "client-id-1"


def test_grant_without_a_refresh_token_is_refused():
    with pytest.raises(Conflict, match="lasting"):
        check_grant(Grant("token", "", 3600, REQUESTED))


def test_expired_sign_in_is_failed(new_desk):
    new_desk.run(new_desk.mailbox.sign_ins.begin())
    assert new_desk.mailbox.sign_ins.latest.address.startswith("http")
    new_desk.clock.later += timedelta(minutes=11)
    latest = new_desk.mailbox.sign_ins.latest
    assert (latest.state, latest.address) == ("failed", "")
    assert "within 10 minutes" in latest.message


def test_expiry_of_a_sign_in_is_published(new_desk):
    new_desk.mailbox.sign_ins.minutes = -1 / 60  # over before it began, and told at once

    async def follow() -> list[str]:
        with new_desk.context.events.subscribed() as news:
            await new_desk.mailbox.sign_ins.begin()
            return [(await anext(news)).topic, (await anext(news)).topic]

    assert new_desk.run(follow()) == ["gmail", "gmail"]
    assert new_desk.mailbox.sign_ins.latest.state == "failed"


def test_cancelled_sign_in_cannot_be_finished(new_desk):
    back = answer(new_desk, new_desk.run(new_desk.mailbox.sign_ins.begin()), Consent())
    new_desk.mailbox.sign_ins.cancel()
    assert new_desk.mailbox.sign_ins.latest.state == "none"
    with pytest.raises(InvalidInput):
        finish(new_desk, back)
    assert new_desk.mailbox.accounts.settings.accounts == []


def test_repeated_sign_in_hints_the_account_to_google(new_desk):
    address = new_desk.run(new_desk.mailbox.sign_ins.begin("alex.morgan@example.org"))
    assert finish(new_desk, answer(new_desk, address, Consent())) == "alex.morgan@example.org"


def test_sign_in_steps_are_published(new_desk):
    async def follow() -> list[str]:
        sign_ins = new_desk.mailbox.sign_ins
        with new_desk.context.events.subscribed() as news:
            address = await sign_ins.begin()
            await anext(news)
            messages = [sign_ins.latest.message]
            back = await asyncio.to_thread(answer, new_desk, address, Consent())
            finishing = asyncio.create_task(sign_ins.finish(back["state"], back["code"], ""))
            await anext(news)
            messages.append(sign_ins.latest.message)
            await finishing
            await anext(news)
            return [*messages, sign_ins.latest.message]

    first, second, third = new_desk.run(follow())
    assert first == "Continue on Google's page in your browser."
    assert second.startswith("Google has responded")
    assert third == "alex@example.com is signed in."
