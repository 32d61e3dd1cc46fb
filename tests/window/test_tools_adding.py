"""The tools' page: adding servers in each way."""

import json

import pytest
from playwright.sync_api import expect

from tests.server.integrations.tools.gateway import (
    find_server,
    write_config,
)
from tests.window.conftest import find_barriers
from tests.window.tools import GALLERY, UPSTREAM, describe, serve_tools, tool_link


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def server(folder):
    """One demo for all tests of this file, with a small server and a large one."""
    with serve_tools(folder) as server:
        yield server


def test_pasted_configuration_is_shown_before_it_is_added(open_page, server, folder):
    page = open_page("tools/add")
    page.get_by_role("radio", name="Paste or file").check()
    page.get_by_label("Configuration").fill("no JSON")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("neither JSON nor TOML")
    entry = describe(folder / "pasted.json", GALLERY, env={"TOKEN": "${input:token}", "OTHER": "${DESKHAND_TEST_OTHER}"})
    inputs = [{"id": "token", "type": "promptString", "description": "The token of the gallery", "password": True}]
    page.get_by_label("Configuration").fill(json.dumps({"servers": {"pasted": entry}, "inputs": inputs, "unknown": 1}))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(f"{UPSTREAM} {folder / 'pasted.json'}")).to_be_visible()
    expect(page.get_by_text("These parts of the file are not used: unknown.")).to_be_visible()
    assert find_barriers(page) == []
    with pytest.raises(ValueError, match="unpack"):
        find_server(server, "pasted")
    expect(page.get_by_label("token")).to_have_attribute("type", "password")
    page.get_by_label("token").fill("given-token")
    page.get_by_label("DESKHAND_TEST_OTHER").fill("given-other")
    page.get_by_role("button", name="Add server").click()
    expect(page.get_by_role("heading", level=1, name="pasted")).to_be_visible()
    expect(tool_link(page, "search_notes")).to_contain_text("Asks")
    assert find_server(server, "pasted")["missing"] == []
    assert "given-token" in (server.data / "secrets.json").read_text()

    page.get_by_role("button", name="More actions for pasted").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("its secrets are deleted")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", level=1, name="Tools")).to_be_visible()
    expect(page.get_by_role("link", name="pasted")).to_have_count(0)
    assert "given-token" not in (server.data / "secrets.json").read_text()


def test_configuration_file_is_opened(open_page, server, folder):
    file = folder / "mcp.json"
    file.write_text(write_config(opened=describe(folder / "opened.json", GALLERY), gallery={"command": "something-else"}))
    page = open_page("tools/add")
    page.get_by_role("radio", name="Paste or file").check()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("These 2 servers will be added")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="gallery")).to_contain_text("runs something else. It asks again.")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Configuration")).to_have_value(file.read_text())


def test_server_is_added_by_its_details_with_the_keyboard(open_page, server, folder):
    described = describe(folder / "typed.json", GALLERY)
    page = open_page("tools/add")
    page.get_by_role("radio", name="Enter details").press("Space")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_accessible_description("Enter a name.")
    page.get_by_label("Name", exact=True).fill("Typed")
    page.get_by_label("Command", exact=True).fill(described["command"])
    page.get_by_label("Further arguments").fill("\n".join(described["args"]))
    page.get_by_role("button", name="Add line").press("Enter")
    page.get_by_label("Environment variables: name 1").fill("TYPED_KEY")
    page.get_by_label("Environment variables: value 1").fill("typed-value")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1, name="Typed")).to_be_visible()
    expect(page.get_by_text("TYPED_KEY")).to_be_visible()
    expect(page.get_by_text("typed-value")).to_have_count(0)
    view = find_server(server, "typed")
    assert (view["state"], view["environment"]) == ("ready", ["TYPED_KEY"])
    server.person("DELETE", "/api/tools/typed")


def test_preset_that_cannot_be_installed_says_why(open_page, server):
    page = open_page("tools/add")
    page.get_by_role("button", name="Add Files").click()
    dialog = page.get_by_role("dialog", name="Add Files")
    expect(dialog).to_contain_text("It can read and change files.")
    expect(dialog.get_by_role("button", name="Add")).to_be_disabled()
    assert find_barriers(page) == []
    dialog.get_by_label("folder").fill(str(server.data / "none"))
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert "files" not in server.person("GET", "/api/tools").text
