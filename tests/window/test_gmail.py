"""Gmail's page: credentials, signing in at a Google of the demo's own, what was granted, signing out."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from server.sdk.desktop import NoScreen
from tests import loopback
from tests.window.conftest import answered, find_barriers, scrolls_sideways

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"
FILE = {"installed": {"client_id": "mine.apps.googleusercontent.com", "client_secret": "secret-of-mine"}}


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The addresses that were opened in the person's browser."""
    opened: list[str] = []
    monkeypatch.setattr(NoScreen, "open_address", lambda _, address: opened.append(address))
    return opened


def consent(address: str, **changes) -> None:
    """Answer Google's page as the person would in their browser."""
    page = loopback.get(address)
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    scopes = [f"https://www.googleapis.com/auth/gmail.{name}" for name in ("readonly", "compose", "modify")]
    form = {"ticket": ticket, "account": ALEX, "scope": scopes, "answer": "continue", **changes}
    google = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    httpx2.get(loopback.post(f"{google}/o/oauth2/consent", data=form).headers["location"], trust_env=False)


def card(page, address):
    return page.get_by_role("region", name=address)


def sign_all_out(server):
    for address in (ALEX, OTHER):
        server.person("DELETE", f"/api/gmail/accounts/{address}")


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_gmail_page_is_accessible(open_page, server, opened, look, width):
    page = open_page("gmail", look, width)
    page.get_by_role("button", name="Add an account").click()
    expect(page.get_by_role("heading", name="Continue on Google's page in your browser.")).to_be_visible()
    consent(opened[0], scope=["https://www.googleapis.com/auth/gmail.readonly"])
    expect(card(page, ALEX)).to_contain_text("Clients can't write drafts")
    server.person("POST", "/api/gmail/sign-in")
    page.get_by_text("No page opened?").click()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
class TestBeforeAnything:
    """A Deskhand of the person's own, where nothing is set up yet."""

    @pytest.fixture
    def server(self, serve):
        return serve()

    def test_gmail_instructions_are_accessible(self, open_page, look, width):
        page = open_page("gmail", look, width)
        expect(page.get_by_role("heading", name="Connect your Google account")).to_be_visible()
        assert find_barriers(page) == []
        assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
        page.get_by_role("button", name="Paste the client ID and secret instead").press("Enter")
        assert find_barriers(page) == []


class TestCredentials:
    """How an OAuth client comes in."""

    @pytest.fixture
    def server(self, serve):
        return serve()

    def test_credentials_file_is_chosen(self, open_page, opened):
        page = open_page("gmail")
        page.get_by_label("Choose the JSON file").set_input_files(
            {"name": "client.json", "mimeType": "application/json", "buffer": b'{"web": {}}'}
        )
        expect(page.get_by_role("alert").filter(has_text="Desktop app")).to_be_visible()
        page.get_by_label("Choose the JSON file").set_input_files(
            {"name": "client.json", "mimeType": "application/json", "buffer": json.dumps(FILE).encode()}
        )
        expect(page.get_by_text("mine.apps.googleusercontent.com")).to_be_visible()
        expect(page.get_by_text("secret-of-mine")).to_have_count(0)
        page.get_by_role("button", name="Sign in with Google").click()
        expect(page.get_by_role("heading", name="Continue on Google's page in your browser.")).to_be_visible()
        assert urlsplit(opened[0]).hostname == "accounts.google.com"
        assert parse_qs(urlsplit(opened[0]).query)["client_id"] == ["mine.apps.googleusercontent.com"]

    def test_credentials_file_is_dropped(self, open_page):
        page = open_page("gmail")
        data = page.evaluate_handle(
            "text => { const data = new DataTransfer(); data.items.add(new File([text], 'client.json')); return data }",
            json.dumps(FILE),
        )
        page.get_by_text("or drop it here").dispatch_event("drop", {"dataTransfer": data})
        expect(page.get_by_role("heading", name="No account is signed in")).to_be_visible()

    def test_credentials_are_typed_by_keyboard(self, open_page):
        page = open_page("gmail")
        page.get_by_role("button", name="Paste the client ID").press("Enter")
        page.get_by_label("Client ID").focus()
        page.keyboard.insert_text("with spaces in it")
        page.keyboard.press("Tab")
        page.keyboard.insert_text("secret-of-mine")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="without spaces")).to_be_visible()
        page.get_by_label("Client ID").fill("mine.apps.googleusercontent.com")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="No account is signed in")).to_be_visible()


def test_sign_in_takes_one_click(open_page, server, opened):
    sign_all_out(server)
    page = open_page("gmail")
    page.get_by_role("button", name="Sign in with the simulated Google").press("Enter")
    expect(page.get_by_role("heading", name="Continue on Google's page in your browser.")).to_be_visible()
    consent(opened[0])
    expect(card(page, ALEX)).to_be_visible()
    for title in ("Read email", "Write and send email", "Labels, archive and trash"):
        expect(card(page, ALEX).get_by_role("listitem").filter(has_text=title)).not_to_contain_text("not allowed")
    expect(page.get_by_role("heading", name="Continue on Google's page in your browser.")).to_have_count(0)


def test_denied_sign_in_is_shown_and_dismissed(open_page, opened):
    page = open_page("gmail")
    page.get_by_role("button", name="Add an account").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    consent(opened[0], answer="refuse")
    expect(page.get_by_text("Google did not complete the sign-in")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Google did not complete the sign-in")).to_have_count(0)


def test_sign_in_address_is_copyable_without_a_browser(open_page, server):
    page = open_page("gmail")
    page.get_by_role("button", name="Add an account").click()
    page.get_by_text("No page opened?").click()
    page.get_by_role("button", name=re.compile("^Copy Google.s page")).click()
    copied = page.evaluate("navigator.clipboard.readText()")
    consent(copied, account=OTHER)
    expect(page.get_by_text("No page opened?")).to_have_count(0)
    assert server.person("GET", "/api/gmail/status").json()["sign_in"] == "done"


def test_pending_sign_in_is_opened_again_and_cancelled(open_page, server, opened):
    page = open_page("gmail")
    page.get_by_role("button", name="Add an account").click()
    with answered(page, "POST"):
        page.get_by_role("button", name="Open again").click()
    expect(page.get_by_role("button", name="Open again")).to_be_enabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Add an account")).to_be_visible()
    assert len(opened) == 2
    assert server.person("GET", "/api/gmail/status").json()["sign_in"] == "none"


def test_missing_permission_is_shown_with_its_consequence(open_page, server, opened):
    page = open_page("gmail")
    card(page, ALEX).get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Sign in again").press("Enter")
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    assert parse_qs(urlsplit(opened[0]).query)["login_hint"] == [ALEX]
    consent(opened[0], scope=["https://www.googleapis.com/auth/gmail.readonly"])
    sending = card(page, ALEX).get_by_role("listitem").filter(has_text="Write and send email")
    expect(sending).to_contain_text("Clients can't write drafts, reply or send.")
    expect(sending).to_contain_text("Manage drafts and send emails")
    expect(card(page, ALEX).get_by_role("button", name="Sign in again")).to_be_visible()
    expect(card(page, OTHER).get_by_role("button", name="Sign in again")).to_have_count(0)


def test_revoked_sign_in_is_shown_with_a_way_to_renew_it(open_page, server, opened):
    secrets = json.loads((server.data / "secrets.json").read_text())
    refresh = next(json.loads(text)["refresh"] for name, text in secrets.items() if name == f"gmail/{ALEX}")
    address = server.person("POST", "/api/gmail/sign-in").json()["address"]
    server.person("DELETE", "/api/gmail/sign-in")
    google = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    loopback.post(f"{google}/revoke", data={"token": refresh})
    page = open_page("gmail")
    assert server.call("GET", "/gmail/messages?max_results=1").status_code == 401
    expect(card(page, ALEX)).to_contain_text("Action needed")
    card(page, ALEX).get_by_role("button", name="Sign in again").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    consent(opened[0])
    expect(card(page, ALEX)).not_to_contain_text("Action needed")
    assert server.call("GET", "/gmail/messages?max_results=1").status_code == 200


def test_default_account_is_chosen(open_page, server):
    page = open_page("gmail")
    expect(card(page, ALEX)).to_contain_text("Default account")
    card(page, OTHER).get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Make default").click()
    expect(card(page, OTHER)).to_contain_text("Default account")
    assert server.person("GET", "/api/gmail/status").json()["accounts"][0]["address"] == OTHER


def test_sign_out_is_confirmed_by_keyboard(open_page, server):
    page = open_page("gmail")
    card(page, ALEX).get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Sign out").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(card(page, ALEX)).to_be_visible()
    card(page, ALEX).get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Sign out").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Sign out").press("Enter")
    expect(card(page, ALEX)).to_have_count(0)
    assert [account["address"] for account in server.person("GET", "/api/gmail/status").json()["accounts"]] == [OTHER]


def test_google_oauth_client_is_replaced(open_page):
    page = open_page("gmail")
    page.get_by_role("button", name="Replace").click()
    page.get_by_label("Choose the JSON file").set_input_files(
        {"name": "client.json", "mimeType": "application/json", "buffer": json.dumps(FILE).encode()}
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("mine.apps.googleusercontent.com")).to_be_visible()
