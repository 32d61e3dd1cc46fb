import json
import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests import loopback
from tests.loopback import hold_port
from tests.window.conftest import find_barriers, scrolls_sideways

PUBLIC = "https://desk.example.org"
through_a_proxy = pytest.mark.parametrize("public_url", [PUBLIC])


@pytest.fixture
def public_url():
    """None: the demo's tunnel, which leads to this computer only."""
    return


@pytest.fixture
def server(serve, public_url):
    served = serve(demo=True, public_url=public_url)
    served.person("GET", "/api/overview")  # waits until the integrations have loaded
    return served


def step(page: Page, title: str):
    return page.locator("main").get_by_role("listitem").filter(has=page.get_by_role("heading", name=title))


def turn_on(page: Page) -> None:
    """Turn the tunnel on where the page offers it."""
    step(page, "An address that ChatGPT can reach").get_by_role("button", name="Turn on the tunnel").click()
    expect(step(page, "An address that ChatGPT can reach").get_by_role("button", name="Turn off the tunnel")).to_be_visible()


def value(page: Page, label: str) -> str:
    return page.get_by_role("group", name=label, exact=True).locator(".value").inner_text()


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_connect_page_is_accessible(open_page, server, look, width):
    server.make_client("my-gpt", allow=["send_mail"])
    page = open_page("connect", look, width)
    kits = {"A custom GPT": ("API key", "OAuth"), "A ChatGPT app": ("Claude", "Other (API key)"), "A script": ()}
    for kind, ways in kits.items():
        page.get_by_role("link", name=re.compile(f"^{kind}")).click()
        expect(page.get_by_text("Waiting for the first request…")).to_be_visible()
        for way in (None, *ways):
            if way:
                page.get_by_role("radio", name=way).check()
            assert find_barriers(page) == []
            assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
            page.evaluate("document.documentElement.style.fontSize = '100%'")
        page.get_by_role("link", name="Connect", exact=True).last.click()


@through_a_proxy
def test_connection_from_start_to_first_call(open_page, server):
    page = open_page("connect")
    page.get_by_role("link", name=re.compile("^A custom GPT")).press("Enter")
    page.get_by_role("button", name="New client").press("Enter")
    expect(page.get_by_label("Name")).to_have_value("My GPT")
    page.get_by_role("button", name="Create client").press("Enter")
    expect(page.get_by_role("group", name="Key", exact=True)).to_be_in_viewport()
    key, schema = value(page, "Key"), value(page, "Schema address")
    assert schema == server.person("GET", "/api/addresses").json()["gpts"]["my-gpt"]
    assert re.fullmatch(re.escape(PUBLIC) + r"/gpts/[0-9a-f]{32}/openapi\.json", schema)
    expect(step(page, "Schema")).to_contain_text("Waiting for ChatGPT to fetch it")
    document = server.call("GET", schema.removeprefix(PUBLIC), "").json()
    expect(step(page, "Schema").get_by_role("heading")).to_contain_text("Step 3, done")
    assert document["servers"][0]["url"] == PUBLIC
    assert {operation["operationId"] for item in document["paths"].values() for operation in item.values()} >= {"list_mail"}
    assert value(page, "Privacy policy") == f"{PUBLIC}/privacy"
    expect(page.get_by_text("Waiting for the first request…")).to_be_visible()
    assert server.call("GET", "/apps/list", key).status_code == 200
    expect(page.get_by_role("heading", name=re.compile("Connected"))).to_be_visible()
    expect(page.get_by_text("Last request from my-gpt:")).to_be_visible()


def test_instructions_match_the_permissions_of_the_client(open_page, server):
    server.make_client("my-gpt", scopes=["read:apps", "write:mail"], allow=["send_mail"])
    page = open_page("connect/gpt/my-gpt")
    instructions = value(page, "Instructions")
    assert "- Apps: list_apps, read_app" in instructions
    assert "These change something immediately: send_mail." in instructions
    assert "These reach other people: send_mail, reply_to_mail, send_draft." in instructions
    assert "list_mail" not in instructions
    assert re.search("need my approval on my computer: .*trash_mail.* read_approval", instructions)
    server.person("PATCH", "/api/clients/my-gpt", json={"scopes": ["read:apps"]})
    expect(page.get_by_role("group", name="Instructions")).to_contain_text("You cannot change anything.")


def test_key_is_visible_until_the_page_is_left(open_page, server):
    old = server.make_client("my-gpt")
    server.call("GET", "/apps/list", old)
    page = open_page("connect/gpt/my-gpt")
    page.get_by_role("button", name="Replace key…").click()
    page.get_by_role("button", name="Replace key", exact=True).click()
    key = value(page, "Key")
    assert [server.call("GET", "/apps/list", credential).status_code for credential in (old, key)] == [401, 200]
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    page.evaluate("location.hash = 'connect/gpt/my-gpt'")
    expect(page.get_by_text("was shown once, when it was created.")).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)


@pytest.mark.parametrize(("elsewhere", "title"), [("overview", "Overview"), ("connect/script", "Connect a script")])
def test_new_key_does_not_bring_back_a_page_that_was_left(open_page, server, elsewhere, title):
    server.call("GET", "/apps/list", server.make_client("my-gpt"))
    page = open_page("connect/gpt/my-gpt")
    held = []

    def hold(route):
        held.append(route)

    page.get_by_role("button", name="Replace key…").click()
    page.route("**/api/clients", hold)
    with page.expect_request("**/api/clients"):
        page.get_by_role("button", name="Replace key", exact=True).click()
    page.evaluate(f"location.hash = {elsewhere!r}")
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    with page.expect_response("**/api/clients"):
        for route in held:
            route.continue_()
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert page.evaluate("location.hash").startswith(f"#{elsewhere}")


def test_new_key_is_handed_over_from_access(open_page, server):
    page = open_page("access")
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name").fill("bot")
    page.get_by_role("button", name="Create client").click()
    page.get_by_role("button", name="Continue to setup").click()
    page.get_by_role("link", name=re.compile("^A custom GPT")).click()
    assert server.call("GET", "/apps/list", value(page, "Key")).status_code == 200


def test_demo_address_is_not_offered_to_chatgpt(open_page, server):
    server.make_client("my-gpt")
    page = open_page("connect/gpt/my-gpt")
    turn_on(page)
    expect(step(page, "An address that ChatGPT can reach")).to_contain_text("ChatGPT cannot use this address")
    for label in ("Public address", "Schema address", "Privacy policy"):
        expect(page.get_by_role("group", name=label)).to_have_count(0)
    page.get_by_role("radio", name="OAuth").check()
    page.get_by_role("button", name="Create ID and secret").click()
    expect(page.get_by_role("group", name="Client ID")).to_be_visible()
    expect(page.get_by_role("group", name="Token URL")).to_have_count(0)
    assert find_barriers(page) == []


def test_lost_address_is_reported_with_the_client_that_used_it(open_page, server):
    key = server.make_client("my-gpt")
    page = open_page("connect/gpt/my-gpt")
    turn_on(page)
    first = server.person("GET", "/api/tunnel").json()["address"]
    assert loopback.get(f"{first}/apps/list", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    page.get_by_role("button", name="Turn off the tunnel").click()
    expect(page.get_by_role("button", name="Turn on the tunnel")).to_be_visible()
    with hold_port(first):
        turn_on(page)
        second = server.person("GET", "/api/tunnel").json()["address"]
    assert second != first
    notice = page.get_by_role("status").filter(has_text=first)
    expect(notice).to_contain_text("is no longer yours")
    assert find_barriers(page) == []
    notice.get_by_role("button", name="Replace key", exact=True).click()
    expect(notice).to_have_count(0)
    assert server.call("GET", "/apps/list", key, headers={"Host": httpx2.URL(second).netloc.decode()}).status_code == 401
    assert value(page, "Key").startswith("dh_")


def test_script_instructions_have_a_working_command(open_page, server):
    page = open_page("connect/script")
    page.get_by_role("button", name="New client").click()
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("group", name="Example with curl")).to_contain_text("dh_")
    line = value(page, "Example with curl")
    key, address = re.fullmatch(r'curl -H "X-API-Key: (\S+)" \'(\S+)\'', line).groups()
    assert loopback.get(address, headers={"X-API-Key": key}).status_code == 200
    expect(page.get_by_role("heading", name=re.compile("Connected"))).to_be_visible()


@through_a_proxy
def test_values_are_copied_and_shown_as_qr_codes(open_page, server):
    server.make_client("my-gpt", scopes=["read:mail"])  # instructions for all are too long for a code
    page = open_page("connect/gpt/my-gpt")
    page.get_by_role("button", name="Copy Schema address").press("Enter")
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == server.person("GET", "/api/addresses").json()["gpts"]["my-gpt"]
    for label in ("Public address", "Schema address", "Instructions", "Privacy policy"):
        page.get_by_role("button", name=f"Show {label} as a QR code").click()
        expect(page.get_by_role("img", name=f"QR code of {label}")).to_be_visible()
        page.keyboard.press("Escape")


def test_unused_key_is_replaced_at_once(open_page, server):
    old = server.make_client("my-gpt")
    page = open_page("connect/gpt/my-gpt")
    page.get_by_role("button", name="Create new key").press("Enter")
    assert [server.call("GET", "/apps/list", credential).status_code for credential in (old, value(page, "Key"))] == [401, 200]


@through_a_proxy
def test_gpt_sign_in_fields_are_named_as_in_its_editor(open_page, server):
    server.make_client("my-gpt")
    page = open_page("connect/gpt/my-gpt")
    page.get_by_role("radio", name="OAuth").check()
    page.get_by_role("button", name="Create ID and secret").press("Enter")
    expect(page.get_by_role("group", name="Client Secret")).to_be_in_viewport()
    made = server.person("GET", "/api/clients/my-gpt").json()["oauth"]
    assert value(page, "Client ID") == made["client_id"]
    assert value(page, "Authorization URL") == f"{PUBLIC}/chatgpt/oauth/authorize"
    assert value(page, "Token URL") == f"{PUBLIC}/chatgpt/oauth/token"
    assert "read:mail" in value(page, "Scope").split()
    expect(page.get_by_text("Default (POST request)")).to_be_visible()
    assert find_barriers(page) == []
    secret = value(page, "Client Secret")
    page.reload()
    expect(page.get_by_role("button", name="Renew secret…")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)


@through_a_proxy
def test_document_too_long_for_chatgpt_has_the_number_of_excess_operations(open_page, server):
    server.make_client("my-gpt")
    page = open_page("connect/gpt/my-gpt")
    document = server.person("GET", "/api/clients/my-gpt/document").json()
    expect(step(page, "Schema")).to_contain_text(f"{document['operations']} operations; ChatGPT allows 30.")
    expect(step(page, "Schema").get_by_role("status")).to_have_count(int(document["operations"] > 30))


def test_app_with_a_key_gets_a_working_configuration(open_page, server):
    page = open_page("connect/app")
    page.get_by_role("radio", name="Other (API key)").check()
    page.get_by_role("button", name="New client").click()
    expect(page.get_by_label("Name")).to_have_value("My app")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("group", name="Entry")).to_contain_text("Bearer dh_")
    entry = json.loads(value(page, "Entry"))["mcpServers"]["deskhand"]
    assert entry["url"] == value(page, "MCP address") == f"{server.public}/mcp"
    assert entry["headers"] == {"Authorization": f"Bearer {value(page, 'Key')}"}


@through_a_proxy
def test_client_registration_of_chatgpt_is_enabled_at_the_connect_page(open_page, server):
    server.person("PUT", "/api/sign-ins", json={"documents_allowed": False})
    page = open_page("connect/app")
    heading = step(page, "Allow ChatGPT to register").get_by_role("heading")
    expect(heading).not_to_contain_text("done")
    page.get_by_role("switch", name="Apps with a client ID document (recommended: ChatGPT)").press("Space")
    expect(heading).to_contain_text("Step 2, done")
    assert value(page, "MCP Server URL") == f"{PUBLIC}/mcp"
    assert server.person("GET", "/api/sign-ins").json()["documents_allowed"]
    page.get_by_role("radio", name="Claude").check()
    expect(page.get_by_role("switch", name="Allow dynamic client registration (older apps)")).not_to_be_checked()
