"""Local routes of Gmail: accounts, credentials and the sign-in callback."""

import json
from urllib.parse import urlsplit

import httpx2
import pytest

from server.integrations.gmail.local import make_page
from server.sdk.desktop import NoScreen
from tests import loopback

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"


def consent(demo, **changes) -> httpx2.Response:
    """Sign in as the person would, through Google's page, and get the page on which their browser ends."""
    address = demo.person("POST", "/api/gmail/sign-in").json()["address"]
    page = loopback.get(address)
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    scopes = [f"https://www.googleapis.com/auth/gmail.{name}" for name in ("readonly", "compose", "modify")]
    form = {"ticket": ticket, "account": ALEX, "scope": scopes, "answer": "continue", **changes}
    google = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    back = loopback.post(f"{google}/o/oauth2/consent", data=form).headers["location"]
    assert back.startswith(f"{demo.local}/oauth2callback?")
    return loopback.get(back)


def accounts(demo) -> list[dict]:
    return demo.person("GET", "/api/gmail/status").json()["accounts"]


def test_account_is_signed_out_and_in_again(demo):
    assert demo.person("DELETE", f"/api/gmail/accounts/{ALEX}").json()["message"] == f"{ALEX} is signed out."
    assert [account["address"] for account in accounts(demo)] == [OTHER]
    page = consent(demo)
    assert page.status_code == 200
    assert f"{ALEX} is signed in." in page.text
    assert [account["address"] for account in accounts(demo)] == [OTHER, ALEX]
    status = demo.person("GET", "/api/gmail/status").json()
    assert (status["sign_in"], status["sign_in_message"], status["has_credentials"]) == ("done", f"{ALEX} is signed in.", True)


def test_callback_page_has_no_script_and_is_not_cached(demo):
    page = consent(demo)
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_callback_page_escapes_its_message():
    page = make_page("<b>", "<script>", 403)
    assert (page.status_code, b"<script>" in page.body, b"&lt;script&gt;" in page.body) == (403, False, True)


def test_permissions_can_be_granted_partly(demo):
    consent(demo, scope=["https://www.googleapis.com/auth/gmail.readonly"])
    granted = {
        account["address"]: (account["can_read"], account["can_send"], account["can_change"]) for account in accounts(demo)
    }
    assert granted[ALEX] == (True, False, False)
    refused = demo.call("GET", "/gmail/messages?max_results=1")
    assert refused.status_code == 200


@pytest.mark.parametrize("changes", [{"answer": "refuse"}, {"scope": []}])
def test_denied_consent_is_shown(demo, changes):
    page = consent(demo, **changes)
    assert page.status_code == 403
    assert "Not signed in" in page.text
    assert demo.person("GET", "/api/gmail/status").json()["sign_in"] == "failed"


@pytest.mark.parametrize("path", ["/oauth2callback", "/gmail/auth/callback"])
def test_callback_without_a_pending_sign_in_is_refused(demo, path):
    page = loopback.get(f"{demo.local}{path}?state=%3Cscript%3E&code=x")
    assert page.status_code == 422
    assert "<script" not in page.text
    posted = loopback.post(f"{demo.local}/gmail/auth/callback?state=x&code=x")
    assert (posted.status_code, "detail" in posted.json()) == (422, True)


def test_other_routes_need_the_session(demo):
    for method, path in (("GET", "status"), ("POST", "sign-in"), ("POST", "credentials"), ("DELETE", f"accounts/{ALEX}")):
        assert loopback.request(method, f"{demo.local}/api/gmail/{path}").status_code in {401, 403}
    assert [account["address"] for account in accounts(demo)] == [ALEX, OTHER]


def test_credentials_are_stored_from_a_file_or_fields(demo):
    described = {"installed": {"client_id": "client-id-of-mine", "client_secret": "secret-of-mine"}}
    assert demo.person("POST", "/api/gmail/credentials", json={"file": json.dumps(described)}).json()["success"]
    address = demo.person("POST", "/api/gmail/sign-in").json()["address"]
    assert "client-id-of-mine" in address
    assert "secret-of-mine" not in address
    pasted = {"client_id": "another-client", "client_secret": "another-secret"}
    assert demo.person("POST", "/api/gmail/credentials", json=pasted).json()["success"]


@pytest.mark.parametrize("body", [{}, {"file": "{}"}, {"file": '{"web": {}}'}, {"client_id": "only this"}])
def test_invalid_credentials_are_refused(demo, body):
    answer = demo.person("POST", "/api/gmail/credentials", json=body)
    assert answer.status_code == 422
    assert "secret-of" not in answer.text


def test_unknown_account_cannot_sign_out(demo):
    assert demo.person("DELETE", "/api/gmail/accounts/eve@example.com").status_code == 404


def test_default_account_is_chosen(demo):
    assert demo.person("POST", f"/api/gmail/accounts/{OTHER}/first").json()["success"]
    assert [(account["address"], account["first"]) for account in accounts(demo)] == [(OTHER, True), (ALEX, False)]
    assert demo.person("POST", "/api/gmail/accounts/eve@example.com/first").status_code == 404


def test_address_is_returned_if_no_browser_can_be_opened(demo):
    begun = demo.person("POST", "/api/gmail/sign-in", json={"open": True, "account": OTHER}).json()
    assert begun["opened"] is False
    assert "login_hint=alex.morgan%40example.org" in begun["address"]
    status = demo.person("GET", "/api/gmail/status").json()
    assert (status["sign_in"], status["sign_in_address"]) == ("waiting", begun["address"])
    demo.person("DELETE", "/api/gmail/sign-in")
    status = demo.person("GET", "/api/gmail/status").json()
    assert (status["sign_in"], status["sign_in_address"]) == ("none", "")


def test_google_page_is_opened_on_the_screen(demo, monkeypatch):
    opened = []
    monkeypatch.setattr(NoScreen, "open_address", lambda _, address: opened.append(address))
    begun = demo.person("POST", "/api/gmail/sign-in", json={"open": True}).json()
    assert (begun["opened"], opened) == (True, [begun["address"]])
    assert demo.person("POST", "/api/gmail/sign-in").json()["opened"] is False
    assert len(opened) == 1


def test_oauth_client_is_shown_by_its_id_only(demo):
    pasted = {"client_id": "another-client", "client_secret": "another-secret"}
    demo.person("POST", "/api/gmail/credentials", json=pasted)
    status = demo.person("GET", "/api/gmail/status")
    assert status.json()["client_id"] == "another-client"
    assert "another-secret" not in status.text
