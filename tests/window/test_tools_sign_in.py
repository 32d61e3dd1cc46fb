"""Sign-in at a server on the tools' page, whose page the person visits in their browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests import loopback
from tests.server.conftest import Served
from tests.server.integrations.tools.authorized import AuthorizedServer, authorized_server
from tests.server.integrations.tools.gateway import add_servers, find_server
from tests.window.conftest import find_barriers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("sign-in")
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True)))
    ready = background.start()
    yield Served(background, ready.public, ready.local, data)
    assert background.stop()


@pytest.fixture
def upstream(server: Served) -> Iterator[AuthorizedServer]:
    with authorized_server() as upstream:
        upstream.id = add_servers(server, notes={"url": upstream.url})["added"][0]
        yield upstream
        server.person("DELETE", f"/api/tools/{upstream.id}")


def test_person_signs_in_and_out(open_page, server, upstream):
    page = open_page("tools")
    expect(page.get_by_role("row", name="notes")).to_contain_text("Needs sign-in")
    page.get_by_role("link", name="notes").click()
    notice = page.get_by_role("status").filter(has_text="This server needs you to sign in.")
    expect(notice).to_be_visible()
    assert find_barriers(page) == []
    notice.get_by_role("button", name="Sign in").click()
    link = page.get_by_role("link", name="Open the sign-in page")
    expect(link).to_be_visible()
    assert link.get_attribute("href") == find_server(server, upstream.id)["sign_in"]["url"]
    assert find_barriers(page) == []
    assert "signed in" in loopback.request("GET", upstream.visit(str(link.get_attribute("href")))).text
    expect(page.get_by_text("Running")).to_be_visible()
    expect(page.get_by_role("list", name="Tools").get_by_role("link").filter(has_text="whoami")).to_be_visible()
    account = page.get_by_role("region", name="Account")
    expect(account).to_contain_text("Signed in.")
    assert find_barriers(page) == []
    account.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This server needs you to sign in.")).to_be_visible()
    assert find_server(server, upstream.id)["sign_in"]["signed_in"] is False


def test_failed_sign_in_says_why(open_page, upstream):
    upstream.is_denied = True
    page = open_page(f"tools/server/{upstream.id}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    href = page.get_by_role("link", name="Open the sign-in page").get_attribute("href")
    assert loopback.request("GET", upstream.visit(str(href))).status_code == 403
    expect(page.get_by_role("status").filter(has_text="was denied by you or by the server")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
