import re

import pytest
from playwright.sync_api import Page, expect

from tests.window.conftest import answered, find_barriers, scrolls_sideways

NEVER = "Don\u2019t allow"


@pytest.fixture
def clients(server):
    """Three clients of which one has called."""
    server.make_client("backup-script", scopes=["read:mail"])
    server.make_client("my-gpt", allow=["send_mail"])
    server.make_client("old")
    server.person("DELETE", "/api/clients/old")
    server.call("GET", "/apps/list", server.keys["my-gpt"])
    server.person("PUT", "/api/origins", json={"allowed": ["https://notes.example.org"]})
    return server


def read(server, name: str) -> dict:
    return server.person("GET", f"/api/clients/{name}").json()


def unfold(page: Page, title: str, integration: str = "Gmail") -> None:
    page.get_by_role("region", name=integration).get_by_role("button", name=re.compile(f"^{title} ")).click()


def choice(page: Page, title: str, word: str):
    """One of the answers to what a client may do."""
    return page.get_by_role("group", name=title, exact=True).get_by_role("radio", name=word, exact=True)


def choose_preset(page: Page, title: str) -> None:
    page.get_by_role("group", name="Permissions").get_by_role("radio", name=title, exact=True).check()


def changed(page: Page):
    """Until the server has answered that a client may do something else now."""
    return answered(page, "PATCH")


def set_all(page: Page, group: str, word: str) -> None:
    page.get_by_role("combobox", name=f"{group}, all").press("Enter")
    page.get_by_role("option", name=word, exact=True).click()


@pytest.mark.parametrize("name", ["access", "connect/gpt"])
def test_same_failure_of_two_requests_is_shown_once(open_page, server, name):
    page = open_page("overview")
    failure = {"status": 403, "json": {"title": "Forbidden", "status": 403, "detail": "Open the window from Deskhand."}}
    for path in ("clients", "operations"):
        page.route(f"**/api/{path}", lambda route: route.fulfill(**failure))
    page.evaluate(f"location.hash = {name!r}")
    expect(page.get_by_text("Open the window from Deskhand.")).to_have_count(1)


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_access_page_is_accessible(open_page, clients, look, width):
    page = open_page("access", look, width)
    expect(page.get_by_role("link", name=re.compile("my-gpt.*1 request today"))).to_be_visible()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    page.get_by_role("link", name=re.compile("my-gpt")).click()
    expect(page.get_by_role("heading", name="my-gpt", level=1)).to_be_visible()
    unfold(page, "Change")
    expect(choice(page, "Send emails", "Allow")).to_be_checked()
    expect(page.get_by_text("any text to anyone in your name")).to_be_visible()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]


def test_client_is_created_by_keyboard_and_its_key_is_shown_once(open_page, server):
    page = open_page("access")
    expect(page.get_by_text("No clients yet")).to_be_visible()
    page.get_by_role("button", name="New client").press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Mein GPT für Ärzte")
    expect(page.get_by_text("Will be called mein-gpt-fur-arzte.")).to_be_visible()
    assert find_barriers(page) == []
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Key of mein-gpt-fur-arzte")
    key = dialog.get_by_text(re.compile("^dh_")).inner_text()
    assert find_barriers(page) == []
    dialog.get_by_role("button", name="Copy Key").press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == key
    dialog.get_by_role("button", name="I have copied it").press("Enter")
    expect(page.get_by_role("heading", name="mein-gpt-fur-arzte", level=1)).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)
    assert server.call("GET", "/apps/list", key).status_code == 200
    assert "allow" not in {policy for name, policy in read(server, "mein-gpt-fur-arzte")["operations"].items() if "send" in name}


def test_client_gets_exactly_the_chosen_permissions(open_page, server):
    page = open_page("access")
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name").fill("writer")
    choose_preset(page, "Let me choose")
    set_all(page, "Apps: read", NEVER)
    set_all(page, "Apps: change", NEVER)
    unfold(page, "Change")
    choice(page, "Write drafts", "Allow").check()
    choice(page, "Delete drafts", NEVER).check()
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("button", name="I have copied it").click()
    made = read(server, "writer")
    assert {"read:mail", "write:mail"} <= set(made["scopes"])
    assert not {"read:apps", "control:apps"} & set(made["scopes"])
    assert made["operations"]["list_mail"] == made["operations"]["create_draft"] == "allow"
    assert (made["operations"]["send_mail"], made["operations"]["delete_draft"]) == ("ask", "deny")


def test_duplicate_client_name_is_reported_beside_the_button(open_page, clients):
    page = open_page("access")
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name").fill("My GPT")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a client named 'my-gpt' already.")


def test_client_permission_is_changed_by_keyboard(open_page, clients):
    page = open_page("access/my-gpt")
    unfold(page, "Change")
    with changed(page):
        choice(page, "Send emails", "Allow").press("ArrowRight")
    expect(choice(page, "Send emails", "Ask me")).to_be_checked()
    expect(page.get_by_text("any text to anyone in your name")).to_have_count(0)
    with changed(page):
        choice(page, "Label emails", "Ask me").press("ArrowLeft")
    expect(choice(page, "Label emails", "Allow")).to_be_checked()
    with changed(page):
        choice(page, "Delete drafts", "Ask me").press("ArrowRight")
    expect(choice(page, "Delete drafts", NEVER)).to_be_checked()
    operations = read(clients, "my-gpt")["operations"]
    assert [operations[name] for name in ("label_mail", "send_mail", "delete_draft")] == ["allow", "ask", "deny"]
    schema = clients.call("GET", "/gpts/my-gpt/openapi.json", clients.keys["my-gpt"]).text
    assert ("send_mail" in schema, "delete_draft" in schema) == (True, False)


def test_permission_group_is_changed_at_once_without_allowing_calls_that_reach_others(open_page, clients):
    page = open_page("access/my-gpt")
    with changed(page):
        set_all(page, "Apps: read", NEVER)
    expect(page.get_by_role("combobox", name="Apps: read, all")).to_contain_text(NEVER)
    assert clients.call("GET", "/apps/list", clients.keys["my-gpt"]).status_code == 403
    assert "read:apps" not in read(clients, "my-gpt")["scopes"]
    with changed(page):
        set_all(page, "Gmail: change", "Allow")
    expect(page.get_by_role("combobox", name="Gmail: change, all")).to_contain_text("Mixed")
    operations = read(clients, "my-gpt")["operations"]
    reaching = {operations[name] for name in ("send_mail", "reply_to_mail", "send_draft")}
    assert (operations["trash_mail"], reaching) == ("allow", {"ask"})


def test_scope_enabled_for_one_operation_allows_no_other(open_page, clients):
    clients.make_client("narrow", scopes=["read:apps"])
    response = clients.person("PATCH", "/api/clients/narrow", json={"policies": {"send_mail": "allow"}})  # out of its reach
    assert response.status_code == 200, response.text
    page = open_page("access/narrow")
    unfold(page, "Read")
    with changed(page):
        choice(page, "Search emails", "Allow").check()
    unfold(page, "Change")
    with changed(page):
        choice(page, "Write drafts", "Allow").check()
    expect(choice(page, "Write drafts", "Allow")).to_be_checked()
    expect(choice(page, "Send emails", NEVER)).to_be_checked()
    narrow = read(clients, "narrow")["operations"]
    seen = {name for name, policy in narrow.items() if policy != "deny"}
    assert seen - {"read_approval"} == {"list_apps", "read_app", "search_mail", "create_draft"}


def test_temporary_allowance_is_shown_and_ended(open_page, clients):
    clients.make_client("asker")
    mail = {"to": "ann@example.com", "subject": "Lunch", "body": "12:30?"}
    later = {"Prefer": "respond-async"}
    assert clients.call("POST", "/gmail/send", clients.keys["asker"], json=mail, headers=later).status_code == 202
    [question] = clients.person("GET", "/api/approvals").json()
    clients.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "recipients"})
    page = open_page("access/asker")
    listed = page.get_by_role("list", name="Temporary permissions").get_by_role("listitem")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("Send emails to ann@example.com until you end it")
    assert find_barriers(page) == []
    listed.get_by_role("button", name="End").press("Enter")
    expect(page.get_by_role("heading", name="Temporary permissions")).to_have_count(0)
    assert clients.person("GET", "/api/clients/asker/allowances").json() == []


def test_oauth_client_is_created_and_its_secret_is_shown_once(open_page, server):
    page = open_page("access")
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name").fill("my-gpt")
    page.get_by_role("radio", name="OAuth (GPT with sign-in)").check()
    page.get_by_role("button", name="Create client").click()
    dialog = page.get_by_role("dialog", name="Sign-in of my-gpt")
    secret = dialog.get_by_role("group", name="Client Secret").locator(".value").inner_text()
    assert find_barriers(page) == []
    dialog.get_by_role("button", name="I have copied it").click()
    made = read(server, "my-gpt")["oauth"]
    expect(page.get_by_role("group", name="Client ID").locator(".value")).to_have_text(made["client_id"])
    expect(page.get_by_text(secret)).to_have_count(0)
    page.get_by_role("button", name="Renew secret…").click()
    page.get_by_role("button", name="Renew secret", exact=True).click()
    expect(dialog.get_by_role("group", name="Client Secret").locator(".value")).not_to_have_text(secret)
    dialog.get_by_role("button", name="I have copied it").click()
    page.get_by_role("link", name="Access", exact=True).last.click()
    expect(page.get_by_role("link", name=re.compile("my-gpt OAuth"))).to_be_visible()


def test_redirect_uri_is_added_and_removed(open_page, server):
    server.person("POST", "/api/clients", json={"name": "notes", "oauth": True})
    page = open_page("access/notes")
    field = page.get_by_label("Redirect URL", exact=True)
    field.fill("http://notes.example.org")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("cannot be a redirect URL")
    field.fill("https://notes.example.org/callback")
    field.press("Enter")
    listed = page.get_by_role("list", name="Redirect URLs").get_by_role("listitem")
    expect(listed).to_have_text(["https://notes.example.org/callback"])
    before = read(server, "notes")["oauth"]
    assert before["redirect_uris"] == ["https://notes.example.org/callback"]
    page.get_by_role("button", name="Remove https://notes.example.org/callback").click()
    expect(listed).to_have_count(0)
    assert read(server, "notes")["oauth"] == before | {"redirect_uris": []}


def test_dynamic_client_registration_is_switched(open_page, server):
    page = open_page("access")
    with answered(page, "PUT"):
        page.get_by_role("switch", name="Allow dynamic client registration (older apps)").press("Space")
    expect(page.get_by_role("switch", name="Allow dynamic client registration (older apps)")).to_be_checked()
    with answered(page, "PUT"):
        page.get_by_role("switch", name="Apps with a client ID document (recommended: ChatGPT)").press("Space")
    expect(page.get_by_role("switch", name="Apps with a client ID document (recommended: ChatGPT)")).not_to_be_checked()
    body = server.person("GET", "/api/sign-ins").json()
    assert (body["registration_allowed"], body["documents_allowed"]) == (True, False)


def test_rate_limit_is_changed(open_page, clients):
    page = open_page("access/my-gpt")
    page.get_by_role("combobox", name="Rate limit").press("Enter")
    with changed(page):
        page.get_by_role("option", name="10 requests per minute").click()
    expect(page.get_by_role("combobox", name="Rate limit")).to_contain_text("10 requests per minute")
    assert read(clients, "my-gpt")["rate"] == "10/minute"


def test_key_is_rotated_and_the_old_one_is_refused(open_page, clients):
    page = open_page("access/my-gpt")
    page.get_by_role("button", name="Replace key…").click()
    page.get_by_role("button", name="Replace key", exact=True).click()
    key = page.get_by_role("dialog", name="Key of my-gpt").get_by_text(re.compile("^dh_")).inner_text()
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert clients.call("GET", "/apps/list", clients.keys["my-gpt"]).status_code == 401
    assert clients.call("GET", "/apps/list", key).status_code == 200


def test_client_is_revoked_after_confirmation(open_page, clients):
    page = open_page("access/my-gpt")
    page.get_by_role("button", name="Revoke access…").click()
    page.get_by_role("button", name="Cancel").click()
    assert clients.call("GET", "/apps/list", clients.keys["my-gpt"]).status_code == 200
    page.get_by_role("button", name="Revoke access…").click()
    page.get_by_role("button", name="Revoke access", exact=True).click()
    expect(page.get_by_role("heading", name="Access", level=1)).to_be_visible()
    expect(page.get_by_role("list", name="Clients").get_by_role("listitem")).to_have_count(1)
    assert clients.call("GET", "/apps/list", clients.keys["my-gpt"]).status_code == 401
    page.get_by_text("2 revoked clients").click()
    expect(page.get_by_role("listitem").filter(has_text="my-gpt dh_")).to_be_visible()


def test_everything_off_needs_confirmation(open_page, clients):
    page = open_page("access")
    page.get_by_role("button", name="Revoke all access…").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("All keys and sign-ins stop working now")
    assert find_barriers(page) == []
    page.get_by_role("button", name="Revoke all 2").press("Enter")
    expect(page.get_by_text("No clients yet")).to_be_visible()
    assert {clients.call("GET", "/apps/list", key).status_code for key in clients.keys.values()} == {401}


def test_client_created_elsewhere_and_its_calls_appear_live(open_page, server):
    page = open_page("access")
    expect(page.get_by_text("No clients yet")).to_be_visible()
    key = server.make_client("script")
    expect(page.get_by_role("link", name=re.compile("script.*Never used"))).to_be_visible()
    server.call("GET", "/apps/list", key)
    expect(page.get_by_role("link", name=re.compile("script.*1 request today"))).to_be_visible()


def test_missing_client_page_links_back(open_page, server):
    page = open_page("access/nobody")
    expect(page.get_by_text("No client with this name")).to_be_visible()
    page.get_by_role("link", name="See all clients").click()
    expect(page.get_by_role("heading", name="Access", level=1)).to_be_visible()


def test_cors_origins_are_added_and_removed(open_page, clients):
    page = open_page("access")
    field = page.get_by_label("Origin", exact=True)
    field.fill("notes")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is no origin")
    field.fill("https://Diary.example.org/")
    field.press("Enter")
    listed = page.get_by_role("list", name="Allowed origins").get_by_role("listitem")
    expect(listed).to_have_text(["https://notes.example.org", "https://diary.example.org"])
    expect(field).to_have_value("")
    with answered(page, "PUT"):
        page.get_by_role("button", name="Remove https://notes.example.org").click()
    expect(listed).to_have_text(["https://diary.example.org"])
    assert clients.person("GET", "/api/origins").json() == {"allowed": ["https://diary.example.org"]}


def test_preset_is_chosen_for_a_new_client_and_changed_later(open_page, server):
    page = open_page("access")
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name").fill("reader")
    expect(page.get_by_role("group", name="Permissions").get_by_role("radio", name="Ask me before changes")).to_be_checked()
    expect(page.get_by_text("custom GPT can use")).to_have_count(0)
    choose_preset(page, "Read only")
    expect(page.get_by_text("It cannot change or send anything.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Gmail: change, all")).to_have_count(0)
    assert find_barriers(page) == []
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("heading", name="reader", level=1)).to_be_visible()
    assert "ask" not in read(server, "reader")["operations"].values()
    with changed(page):
        choose_preset(page, "Ask me before changes")
    assert read(server, "reader")["operations"]["send_mail"] == "ask"
    choose_preset(page, "Let me choose")
    unfold(page, "Change")
    with changed(page):
        choice(page, "Send emails", "Allow").check()
    expect(page.get_by_text("Without asking you: send emails. This covers every later request")).to_be_visible()


def test_revoked_client_is_brought_back_by_undo(open_page, clients):
    page = open_page("access/my-gpt")
    page.get_by_role("button", name="Revoke access…").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke access").click()
    with answered(page, "POST"):
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name=re.compile("my-gpt"))).to_be_visible()
    assert clients.call("GET", "/apps/list", clients.keys["my-gpt"]).status_code == 200
