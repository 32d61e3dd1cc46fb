"""Long lists, long texts and small windows, on all pages."""

import pytest
from playwright.sync_api import expect

from tests.window.conftest import UNTIL_AT_REST, find_barriers, scrolls_sideways

MANY = 50
PAGES = ("overview", "approvals", "activity", "gmail", "apps", "omi", "tools", "access", "connect", "webhooks", "settings")


@pytest.fixture(scope="module")
def crowd():
    return [f"client-{number:02}" for number in range(MANY)]


@pytest.fixture
def clients(server, crowd):
    for name in crowd:
        server.make_client(name)
    return crowd


def is_inside(locator, page):
    box, size = locator.bounding_box(), page.viewport_size
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
    )


def test_long_select_opens_inside_the_window(open_page, clients):
    page = open_page("activity", height=600)
    page.get_by_label("Client", exact=True).click()
    menu = page.get_by_role("listbox")
    expect(menu.get_by_role("option")).to_have_count(MANY + 1)
    assert is_inside(menu, page)
    page.keyboard.press("End")
    expect(menu.get_by_role("option", name=clients[-1])).to_be_in_viewport()


def test_select_opens_at_the_selected_option_and_page_stays(open_page, clients):
    page = open_page(f"connect/gpt/{clients[0]}", width=680, height=400)
    select = page.get_by_role("combobox", name="Client")
    page.wait_for_function("() => (scrollTo(0, 40), scrollY === 40)")
    select.click()
    expect(page.get_by_role("option", name=clients[0])).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 40


def test_many_clients_are_searched_and_sorted(open_page, clients):
    page = open_page("access")
    rows = page.get_by_role("list", name="Clients").get_by_role("link")
    expect(rows).to_have_count(MANY)
    page.get_by_label("Sort by").click()
    page.get_by_role("option", name="Name").click()
    expect(rows.first).to_contain_text(clients[0])
    page.get_by_role("searchbox", name="Search clients").fill("ENT-4")
    expect(rows).to_have_count(10)
    page.get_by_role("searchbox", name="Search clients").fill("nothing")
    expect(page.get_by_text("No clients match your search.")).to_be_visible()
    assert find_barriers(page) == []


def test_sidebar_stays_while_a_menu_is_open_on_a_scrolled_page(open_page, clients):
    page = open_page("access", height=600)
    page.wait_for_function("() => (scrollTo(0, 900), scrollY === 900)")  # once the list is there
    before = page.get_by_role("navigation").bounding_box()
    page.get_by_role("button", name="New client").evaluate("button => button.click()")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.get_by_role("navigation").bounding_box() == before


@pytest.mark.parametrize(("width", "height"), [(760, 420), (900, 600)])
def test_buttons_of_a_dialog_are_inside_the_window(open_page, server, width, height):
    page = open_page("access", width=width, height=height)
    page.get_by_role("button", name="New client").first.click()
    buttons = page.get_by_role("dialog").get_by_role("button", name="Cancel")
    assert is_inside(buttons, page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert is_inside(buttons, page)


def test_long_address_leaves_space_for_the_close_button_of_details(open_page, server):
    key = server.make_client("my-gpt", allow=["send_mail"])
    server.call("POST", "/gmail/send", key, json={"to": f"{'a' * 60}@example.com", "subject": "Hello", "body": "Hello"})
    page = open_page("activity", width=900)
    page.locator("[data-call] a").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text("@example.com")
    expect(dialog.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("name", ["apps", "access"])
def test_help_link_stands_beside_the_title(open_page, server, name):
    page = open_page(name, width=680)
    title, link = page.get_by_role("heading", level=1), page.get_by_role("link", name="Help")
    expect(link.last).to_be_visible()
    page.evaluate(UNTIL_AT_REST)
    assert link.last.bounding_box()["y"] < title.bounding_box()["y"] + title.bounding_box()["height"]


def test_long_address_fits_into_a_toast(open_page, server):
    page = open_page("overview", width=760)
    page.evaluate("document.querySelector('.toast').textContent = 'https://' + 'a'.repeat(400) + '.example'")
    page.evaluate("document.querySelector('.toast').classList.add('shown')")
    toast = page.locator(".toast")
    assert toast.evaluate("toast => toast.scrollWidth <= toast.clientWidth")
    assert is_inside(toast, page)


def test_no_page_scrolls_sideways(open_page, clients):
    page = open_page("overview")
    result = []
    for width in (760, 900, 1360, 1920):
        page.set_viewport_size({"width": width, "height": 760})
        for name in PAGES:
            page.evaluate(f"location.hash = {name!r}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            result += [(name, width, size) for size in ("100%", "200%") if scrolls_sideways(page, size)]
    assert not result


def test_wide_window_shows_list_and_details_side_by_side(open_page, server):
    key = server.make_client("my-gpt")
    server.call("GET", "/gmail/messages", key)
    page = open_page("activity", width=1360)
    expect(page.get_by_text("Select an entry to see its details.")).to_be_visible()
    page.locator("[data-call] a").first.click()
    details, row = page.get_by_role("complementary", name="Details"), page.locator("[data-call]").first
    expect(details.get_by_role("heading", level=2)).to_contain_text("my-gpt")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert details.bounding_box()["x"] > row.bounding_box()["x"] + row.bounding_box()["width"]
    assert find_barriers(page) == []
    page.set_viewport_size({"width": 1000, "height": 760})
    expect(page.get_by_role("dialog")).to_be_visible()
