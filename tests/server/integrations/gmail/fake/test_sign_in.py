"""Signing in at the fake, with Google's own libraries and as a person in a browser does."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow

from server.integrations.gmail.fake import Consent, FakeGoogle, running_fake_google
from tests import loopback

READ, SEND = "https://www.googleapis.com/auth/gmail.readonly", "https://www.googleapis.com/auth/gmail.send"
BACK = "http://127.0.0.1:5000/"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        yield fake


def begin(fake: FakeGoogle, scopes: list[str], **options: str) -> tuple[Flow, str]:
    flow = Flow.from_client_config(fake.client_secrets(), scopes, redirect_uri=BACK, autogenerate_code_verifier=True)
    return flow, flow.authorization_url(access_type="offline", prompt="consent", **options)[0]


def answer_page(fake: FakeGoogle, url: str, answer: str, **chosen: Any) -> dict[str, str]:
    page = loopback.get(url)
    assert page.status_code == 200, page.text
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert ticket
    form = {"ticket": ticket[1], "answer": answer, "account": "alex@example.com", **chosen}
    return read_back(loopback.post(f"{fake.address}/o/oauth2/consent", data=form))


def read_back(answer: httpx2.Response) -> dict[str, str]:
    assert answer.headers["Location"].startswith(BACK), answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def test_account_and_permissions_are_chosen_on_the_consent_page(fake: FakeGoogle) -> None:
    flow, url = begin(fake, [READ, SEND])

    back = answer_page(fake, url, "continue", account="alex.morgan@example.org", scope=[SEND])
    flow.fetch_token(code=back["code"])

    assert back["state"] == parse_qs(urlsplit(url).query)["state"][0]
    assert back["scope"] == SEND
    assert flow.credentials.granted_scopes == [SEND]
    assert flow.credentials.refresh_token.startswith("1//")
    assert fake.oauth.check(f"Bearer {flow.credentials.token}") == ("alex.morgan@example.org", {SEND})


def test_consent_is_denied(fake: FakeGoogle) -> None:
    _, url = begin(fake, [READ])

    back = answer_page(fake, url, "refuse")

    assert (back["error"], set(back)) == ("access_denied", {"error", "state"})


def test_consent_page_is_answered_once(fake: FakeGoogle) -> None:
    _, url = begin(fake, [READ])
    page = loopback.get(url).text
    form = {"ticket": re.findall(r'name="ticket" value="([^"]+)"', page)[0], "answer": "refuse"}
    address = f"{fake.address}/o/oauth2/consent"

    assert loopback.post(address, data=form).status_code == 303
    assert loopback.post(address, data=form).status_code == 400


def test_consent_page_escapes_the_request(fake: FakeGoogle) -> None:
    _, url = begin(fake, [READ, "<script>alert(1)</script>"])

    page = loopback.get(url).text

    assert "<script>" not in page
    assert "Alex Morgan (Harbour Studio)" in page


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        (Consent(), {"account": "alex@example.com", "scopes": {READ, SEND}}),
        (Consent("alex.morgan@example.org", frozenset({READ})), {"account": "alex.morgan@example.org", "scopes": {READ}}),
    ],
)
def test_configured_consent_needs_no_user(fake: FakeGoogle, consent: Consent, expected: dict[str, Any]) -> None:
    fake.sign_in.consent = consent
    flow, url = begin(fake, [READ, SEND])

    flow.fetch_token(code=read_back(loopback.get(url))["code"])

    assert fake.oauth.check(f"Bearer {flow.credentials.token}") == (expected["account"], expected["scopes"])


def test_login_hint_chooses_the_account(fake: FakeGoogle) -> None:
    fake.sign_in.consent = Consent()
    flow, url = begin(fake, [READ], login_hint="alex.morgan@example.org")

    flow.fetch_token(code=read_back(loopback.get(url))["code"])

    assert fake.oauth.check(f"Bearer {flow.credentials.token}")[0] == "alex.morgan@example.org"


def test_configured_denial_needs_no_user(fake: FakeGoogle) -> None:
    fake.sign_in.consent = Consent(refused=True)

    assert read_back(loopback.get(begin(fake, [READ])[1]))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("client_id=1234567890", "client_id=nobody", 401),
        ("127.0.0.1%3A5000", "attacker.example.com", 400),
        ("response_type=code", "response_type=token", 400),
        ("code_challenge_method=S256", "code_challenge_method=S1", 400),
        ("scope=", "sc0pe=", 400),
    ],
)
def test_invalid_authorization_request_is_shown_and_not_redirected(fake: FakeGoogle, old: str, new: str, status: int) -> None:
    fake.sign_in.consent = Consent()
    url = begin(fake, [READ])[1]
    assert old in url

    answer = loopback.get(url.replace(old, new))

    assert (answer.status_code, "Location" in answer.headers) == (status, False)


def redeem(fake: FakeGoogle, **changed: str) -> httpx2.Response:
    fake.sign_in.consent = Consent()
    flow, url = begin(fake, [READ])
    made = fake.client_secrets()["installed"]
    form = {
        "grant_type": "authorization_code",
        "code": read_back(loopback.get(url))["code"],
        "redirect_uri": BACK,
        "code_verifier": flow.code_verifier or "",
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
    }
    form = {name: value for name, value in (form | changed).items() if value}
    answer = loopback.post(f"{fake.address}/token", data=form)
    if answer.status_code == 200:
        assert loopback.post(f"{fake.address}/token", data=form).json()["error"] == "invalid_grant"
    return answer


def test_code_is_redeemed_once(fake: FakeGoogle) -> None:
    answer = redeem(fake)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access_token", "expires_in", "token_type", "refresh_token", "scope"}


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:5001/"}, 400, "redirect_uri_mismatch"),
        ({"code": "4/0Anothing"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_code_with_wrong_parameters_is_refused(fake: FakeGoogle, changed: dict[str, str], status: int, error: str) -> None:
    answer = redeem(fake, **changed)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_client_secret_is_accepted_in_the_header(fake: FakeGoogle) -> None:
    made = fake.client_secrets()["installed"]
    form = {"grant_type": "refresh_token", "refresh_token": fake.grant()["refresh_token"]}

    def refresh(secret: str) -> int:
        answer = loopback.post(f"{fake.address}/token", data=form, auth=(made["client_id"], secret))
        return answer.status_code

    assert (refresh(made["client_secret"]), refresh("wrong")) == (200, 401)


def credentials(fake: FakeGoogle) -> Credentials:
    granted = fake.grant()
    known = ("refresh_token", "token_uri", "client_id", "client_secret", "scopes")
    return Credentials(granted["token"], **{name: granted[name] for name in known})


def test_access_token_is_refreshed_until_the_grant_is_revoked(fake: FakeGoogle) -> None:
    held = credentials(fake)
    first = held.token
    fake.expire_tokens()

    held.refresh(Request())
    fake.oauth.check(f"Bearer {held.token}")
    revoked = loopback.post(f"{fake.address}/revoke", data={"token": held.token})

    assert held.token != first
    assert revoked.status_code == 200
    with pytest.raises(RefreshError, match="invalid_grant"):
        held.refresh(Request())
    assert loopback.post(f"{fake.address}/revoke", data={"token": held.token}).status_code == 400


def test_account_owner_revokes_every_grant(fake: FakeGoogle) -> None:
    held, other = credentials(fake), fake.grant("alex.morgan@example.org")

    fake.revoke("alex@example.com")

    with pytest.raises(RefreshError, match="invalid_grant"):
        held.refresh(Request())
    assert fake.oauth.check(f"Bearer {other['token']}")[0] == "alex.morgan@example.org"
