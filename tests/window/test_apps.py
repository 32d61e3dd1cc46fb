"""The apps' page: the list as a table, a field that knows the computer's programs, and what may be done with each."""

import json
import os
import re
import shutil

import psutil
import pytest
from playwright.sync_api import expect

from tests.window.conftest import find_barriers, scrolls_sideways

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the program that these tests start is written for POSIX")


@pytest.fixture
def server(serve, tmp_path, monkeypatch):
    """A demo whose PATH has a program of the test's own."""
    (tmp_path / "bin").mkdir()
    shutil.copy2(shutil.which("sleep"), tmp_path / "bin" / "napper")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    server = serve(demo=True)
    server.person("GET", "/api/overview")  # waits until the integrations have loaded
    yield server
    for process in psutil.process_iter(["exe"]):
        if process.info["exe"] == str(tmp_path / "bin" / "napper"):
            process.kill()


def row(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def read_list(server):
    return json.loads((server.data / "app_config.json").read_text())["apps"]


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_apps_page_is_accessible(open_page, look, width):
    page = open_page("apps", look, width)
    page.locator("summary").filter(has_text="installed here").click()
    expect(row(page, "Demo clock")).to_be_visible()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]


@pytest.mark.parametrize("look", ["light", "dark"])
def test_app_drawer_and_program_field_are_accessible(open_page, look):
    page = open_page("apps/demo-clock", look)
    expect(page.get_by_role("dialog", name="Demo clock")).to_be_visible()
    assert find_barriers(page) == []
    page.get_by_role("button", name="Close").click()
    page.get_by_role("combobox").click()
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("napper")
    expect(page.get_by_role("option", name="napper").first).to_be_visible()
    assert find_barriers(page) == []


def test_app_is_added_tried_changed_and_removed_by_keyboard(open_page, server, tmp_path):
    page = open_page("apps")
    page.get_by_role("combobox", name="Add a program").focus()
    page.keyboard.type("nappe")
    expect(page.get_by_role("option", name="napper").first).to_have_attribute("data-highlighted", "")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="napper added.")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value("")
    assert read_list(server)["napper"] == {"platforms": {"linux": [{"path": "napper"}]}}

    row(page, "napper").get_by_role("link").press("Enter")
    page.get_by_role("textbox", name="Arguments").focus()
    page.keyboard.insert_text("600")
    page.get_by_role("textbox", name="Name", exact=True).focus()
    page.keyboard.insert_text("Long nap")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert read_list(server)["napper"] == {"platforms": {"linux": [{"path": "napper"}]}, "args": ["600"], "name": "Long nap"}

    napper = row(page, "Long nap")
    expect(napper).to_contain_text(f"{tmp_path / 'bin' / 'napper'} 600")
    napper.get_by_role("button", name="Start Long nap").press("Enter")
    expect(napper).to_contain_text(re.compile("^Long nap.*Running"))
    assert server.person("GET", "/api/apps").json()["apps"][-1]["pids"]
    napper.get_by_role("button", name="Stop Long nap").press("Enter")
    expect(napper).to_contain_text("Not running")

    napper.get_by_role("button", name="More actions for Long nap").press("Enter")
    page.get_by_role("menuitem", name="Remove").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove").press("Enter")
    expect(row(page, "Long nap")).to_have_count(0)
    assert "napper" not in read_list(server)


def test_invalid_program_is_refused_with_a_hint(open_page, server):
    page = open_page("apps")
    field = page.get_by_role("combobox")
    field.fill("no-such-program")
    page.get_by_role("option", name="Add “no-such-program” as entered").click()
    expect(page.get_by_role("alert")).to_contain_text("No program called 'no-such-program' is in PATH.")
    expect(field).to_have_value("no-such-program")
    assert "no-such-program" not in read_list(server)


def test_program_already_listed_is_shown_and_not_added_again(open_page, server):
    server.person("POST", "/api/apps", json={"program": "napper"})
    page = open_page("apps")
    page.get_by_role("combobox").fill("napper")
    page.get_by_role("option", name="Already listed").click()
    expect(page.get_by_role("dialog", name="napper")).to_be_visible()
    assert len([name for name in read_list(server) if name.startswith("napper")]) == 1


def test_switch_hides_an_app_from_clients(open_page, server):
    server.make_client()
    page = open_page("apps")
    page.get_by_role("switch", name="Clients can use Demo clock").click()
    expect(page.get_by_role("switch", name="Clients can use Demo clock")).not_to_be_checked()
    expect(page.get_by_role("button", name="Start Demo clock")).to_have_count(0)
    assert server.call("GET", "/apps/demo-clock").status_code == 404
    page.get_by_role("switch", name="Clients can use Demo clock").click()
    expect(page.get_by_role("button", name="Start Demo clock")).to_be_visible()
    assert server.call("GET", "/apps/demo-clock").status_code == 200


def test_validation_error_is_shown_at_its_field(open_page, server):
    before = read_list(server)
    page = open_page("apps/demo-clock")
    page.get_by_role("textbox", name="Addresses it can open").fill("https://fine.example\nhttp://wrong.example")
    page.get_by_role("button", name="Save").click()
    field = page.get_by_role("textbox", name="Addresses it can open")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("^Line 2: write https://host"))
    field.fill("")
    page.get_by_role("textbox", name="Other names").fill("chrome")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text('Two apps are called "chrome".')).to_be_visible()
    assert read_list(server) == before


def test_fields_without_a_form_control_are_preserved(open_page, server):
    entry = {
        "platforms": {"windows": [{"uri": "nap:"}], "linux": [{"path": "napper", "args": ["1"]}, {"flatpak": "org.Nap"}]},
        "presets": {"short": ["5"]},
        "env": {"NAP": "1"},
        "match": {"process_name": ["nap"]},
    }
    server.person("PUT", "/api/apps/nap", json=entry)
    page = open_page("apps/nap")
    expect(page.get_by_text("presets, variables, process matching")).to_be_visible()
    expect(page.get_by_role("textbox", name="Program")).to_have_value("napper\nflatpak org.Nap")
    page.get_by_role("checkbox", name="Stop").uncheck()
    page.get_by_role("textbox", name="Files it can open").fill("~/Documents\n")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    changed = {"allow": ["start", "restart", "open"], "open": {"files": ["~/Documents"]}}
    assert read_list(server)["nap"] == entry | changed


def test_concurrent_change_is_not_overwritten(open_page, server):
    page = open_page("apps/demo-clock")
    page.get_by_role("textbox", name="Working folder").fill("~/mine")
    apps = read_list(server)
    apps["demo-clock"]["cwd"] = "~/theirs"
    (server.data / "app_config.json").write_text(json.dumps({"version": 2, "apps": apps}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This app was changed elsewhere meanwhile.")).to_be_visible()
    assert read_list(server)["demo-clock"]["cwd"] == "~/theirs"


def test_broken_list_is_reported_and_the_last_good_one_restored(open_page, server):
    before = (server.data / "app_config.json").read_text()
    (server.data / "app_config.json").write_text('{"version": 2, "apps": {"nap": {"alow": []}}}')
    page = open_page("apps")
    expect(page.get_by_text("apps.nap.alow: there is no such word here")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_count(0)
    expect(row(page, "Demo clock").get_by_role("switch")).to_be_disabled()
    page.get_by_role("button", name="Restore last working list").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("combobox")).to_be_visible()
    assert (server.data / "app_config.json").read_text() == before


def test_app_changes_appear_live(open_page, server):
    server.make_client(allow=["control_app"])
    page = open_page("apps")
    expect(row(page, "Demo clock")).to_contain_text("Not running")
    server.call("POST", "/apps/control", json={"app_name": "demo-clock", "action": "start"})
    expect(row(page, "Demo clock")).to_contain_text("Running")
    server.call("POST", "/apps/control", json={"app_name": "demo-clock", "action": "stop"})
    expect(row(page, "Demo clock")).to_contain_text("Not running")


def test_failed_start_is_reported_at_its_app(open_page, server):
    server.person("POST", "/api/apps", json={"program": "napper nonsense"})
    page = open_page("apps")
    page.get_by_role("button", name="Start napper").click()
    expect(row(page, "napper").get_by_role("alert")).to_contain_text("napper has ended at once.")


def test_native_file_dialog_chooses_a_program(open_page, server, tmp_path):
    page = open_page("apps")
    expect(page.get_by_role("button", name="Browse")).to_have_count(0)
    page.evaluate(
        "path => { window.pywebview = {api: {choose_file: async (kind) => kind === 'program' ? path : null}};"
        " dispatchEvent(new CustomEvent('pywebviewready')) }",
        str(tmp_path / "bin" / "napper"),
    )
    page.get_by_role("button", name="Browse").click()
    expect(row(page, "napper")).to_be_visible()
    assert read_list(server)["napper"] == {"platforms": {"linux": [{"path": str(tmp_path / "bin" / "napper")}]}}


def test_enter_waits_for_the_list_that_belongs_to_the_text(open_page, server):
    page = open_page("apps")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/api/apps/suggestions?query=nothing-like-it", hold)
    before = read_list(server)
    field = page.get_by_role("combobox", name="Add a program")
    field.fill("nappe")
    expect(page.get_by_role("option", name="napper").first).to_have_attribute("data-highlighted", "")
    with page.expect_request("**/api/apps/suggestions?query=nothing-like-it"):
        field.fill("nothing-like-it")
    field.press("Enter")
    expect(page.get_by_text("Searching…")).to_be_visible()
    expect(field).to_have_value("nothing-like-it")
    for route in held:
        route.continue_()
    expect(page.get_by_role("option", name="as entered")).to_have_attribute("data-highlighted", "")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No program called 'nothing-like-it'")
    assert read_list(server) == before


def test_added_program_is_removed_by_undo(open_page, server):
    page = open_page("apps")
    page.get_by_role("combobox", name="Add a program").fill("nappe")
    page.get_by_role("option", name="napper").first.click()
    expect(page.get_by_role("status").filter(has_text="napper added.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert "napper" not in read_list(server)


def test_shell_is_added_only_after_a_warning(open_page, server, tmp_path):
    (tmp_path / "bin" / "bash").symlink_to("/bin/sh")
    page = open_page("apps")
    page.get_by_role("combobox", name="Add a program").fill(str(tmp_path / "bin" / "bash"))
    page.get_by_role("option", name="as entered").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("bash runs any command")
    assert find_barriers(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert "bash" not in read_list(server)
    page.get_by_role("combobox", name="Add a program").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Add anyway").click()
    expect(page.get_by_role("status").filter(has_text="bash added.")).to_be_visible()
    assert "bash" in read_list(server)
