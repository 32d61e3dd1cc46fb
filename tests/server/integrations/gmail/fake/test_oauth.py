"""The fake's tokens and codes end when they should."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from server.integrations.gmail.fake.demo import ACCOUNTS
from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.oauth import CLIENT_ID, CLIENT_SECRET, CODE_SECONDS, Consent, OAuth, OAuthError

FORM = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "authorization_code"}


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def oauth(clock: Clock) -> OAuth:
    return OAuth({account.address: account for account in ACCOUNTS}, clock, token_seconds=60)


def begin(oauth: OAuth, **changed: str) -> dict[str, str]:
    query = {"client_id": CLIENT_ID, "redirect_uri": "http://localhost:1", "response_type": "code", "scope": "a b"}
    back = oauth.decide(oauth.read_request(query | changed), Consent())
    code = back.partition("code=")[2].partition("&")[0].replace("%2F", "/")
    return FORM | {"code": code, "redirect_uri": "http://localhost:1"}


def test_access_token_expires(oauth: OAuth, clock: Clock) -> None:
    tokens = oauth.mint("alex@example.com", ["a"])

    clock.pass_by(59)
    assert oauth.check(f"Bearer {tokens['access_token']}") == ("alex@example.com", {"a"})
    clock.pass_by(1)
    with pytest.raises(GoogleError) as refused:
        oauth.check(f"Bearer {tokens['access_token']}")

    assert (tokens["expires_in"], refused.value.status) == (60, 401)


def test_code_expires_after_ten_minutes(oauth: OAuth, clock: Clock) -> None:
    early, late = begin(oauth), begin(oauth)

    clock.pass_by(CODE_SECONDS - 1)
    assert oauth.exchange(early)["scope"] == "a b"
    clock.pass_by(1)
    with pytest.raises(OAuthError, match="Malformed auth code"):
        oauth.exchange(late)


def test_refresh_token_needs_offline_access(oauth: OAuth) -> None:
    assert "refresh_token" not in oauth.exchange(begin(oauth))
    assert "refresh_token" in oauth.exchange(begin(oauth, access_type="offline"))


def test_plain_challenge_equals_the_verifier(oauth: OAuth) -> None:
    form = begin(oauth, code_challenge="abc", code_challenge_method="plain")

    assert oauth.exchange(form | {"code_verifier": "abc"})["token_type"] == "Bearer"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic abc", "Bearer none"])
def test_unknown_token_is_refused(oauth: OAuth, authorization: str) -> None:
    with pytest.raises(GoogleError) as refused:
        oauth.check(authorization)

    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer realm=")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:80/x", "http://localhost", "http://[::1]:9/back?x=1", "http://127.0.0.1:65535/"]
)
def test_loopback_redirect_uri_is_accepted(oauth: OAuth, address: str) -> None:
    query = {"client_id": CLIENT_ID, "redirect_uri": address, "response_type": "code", "scope": "a"}

    assert oauth.decide(oauth.read_request(query), Consent()).startswith(f"{address}{'&' if '?' in address else '?'}code=")


@pytest.mark.parametrize(
    "address",
    ["", "https://localhost", "http://localhost.example.com", "http://127.0.0.1@example.com/", "urn:ietf:wg:oauth:2.0:oob"],
)
def test_other_redirect_uri_is_refused(oauth: OAuth, address: str) -> None:
    query = {"client_id": CLIENT_ID, "redirect_uri": address, "response_type": "code", "scope": "a"}

    with pytest.raises(OAuthError) as refused:
        oauth.read_request(query)
    assert refused.value.error == "redirect_uri_mismatch"


@pytest.mark.parametrize(
    "end",
    [lambda oauth, tokens: oauth.revoke(tokens["refresh_token"]), lambda oauth, _: oauth.revoke_account("alex@example.com")],
)
def test_revoked_grant_leaves_no_token(oauth: OAuth, end: Callable[[OAuth, dict[str, str]], None]) -> None:
    tokens = oauth.mint("alex@example.com", ["a"])

    end(oauth, tokens)

    assert (oauth.access_tokens, oauth.refresh_tokens) == ({}, {})
