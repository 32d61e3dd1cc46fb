"""The tools' page at the beginning: without servers, and with one whose configuration came from a backup."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from tests.server.integrations.tools.gateway import describe_crm
from tests.server.integrations.tools.test_service import store
from tests.window.conftest import find_barriers


@pytest.fixture
def server(request, serve, tmp_path):
    """A Deskhand; with a server of another configuration than the person added if the test asks for it."""
    if getattr(request, "param", False):
        with ThreadPoolExecutor(1) as thread:  # the browser's driver has a loop of its own in this one
            thread.submit(store, tmp_path / "data", "the-one-that-was-added").result()
    return serve(tmp_path / "data")


def test_empty_page_leads_to_adding_a_server(open_page, server):
    page = open_page("tools")
    expect(page.get_by_role("heading", name="No servers yet")).to_be_visible()
    assert find_barriers(page) == []
    page.get_by_role("link", name="Add server").click()
    expect(page.get_by_role("heading", level=1, name="Add a server")).to_be_visible()


@pytest.mark.parametrize("server", [True], indirect=True)
def test_configuration_of_a_backup_is_shown_in_full_and_confirmed(open_page, server):
    page = open_page("tools")
    row = page.get_by_role("row").filter(has_text="CRM")
    expect(row).to_contain_text("Not confirmed")
    row.get_by_role("link").click()
    notice = page.get_by_role("status").filter(has_text="came from elsewhere")
    expect(notice).to_contain_text(" ".join(describe_crm()["args"]))
    assert find_barriers(page) == []
    notice.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("link").filter(has_text="get_leads")).to_be_visible()
