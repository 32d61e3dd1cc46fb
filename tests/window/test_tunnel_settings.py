from playwright.sync_api import expect

from tests.window.conftest import find_barriers


def test_tunnel_is_configured_and_its_token_never_shown_again(open_page, server):
    page = open_page("settings")
    page.get_by_role("switch", name="Keep the computer awake while it is on").press("Space")
    page.get_by_role("button", name="Enter…").press("Enter")
    field = page.get_by_role("textbox", name="Authtoken")
    expect(field).to_be_focused()
    assert find_barriers(page) == []
    field.fill("2abc_secret_token_of_mine_000000000000000000000")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    body = server.person("GET", "/api/tunnel").json()
    assert body["has_authtoken"]
    assert body["keep_awake"]
    assert "2abc" not in page.content()


def test_invalid_tunnel_address_is_refused_at_its_field(open_page):
    page = open_page("settings")
    page.get_by_role("button", name="Change…").click()
    page.get_by_role("textbox", name="Address").fill("not an address")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
