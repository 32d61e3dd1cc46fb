"""The settings page."""

import zipfile

import pytest
from playwright.sync_api import expect

from server.integrations import find_archive_migrations
from server.lifecycle import runtime_file
from server.storage.archive import ARCHIVE_FILE
from server.storage.migrations import migrate_archive
from tests.server.hostile_backup import make_hostile
from tests.server.restarts import wait_for_restart
from tests.window.conftest import answered, find_barriers, hold, scrolls_sideways


def values(server, section):
    return next(setting["values"] for setting in server.person("GET", "/api/settings").json() if setting["name"] == section)


def card(page, title):
    return page.locator("section").filter(has=page.get_by_role("heading", name=title))


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_settings_page_is_accessible(open_page, look, width):
    page = open_page("settings", look, width)
    expect(page.get_by_label("Google timeout")).to_be_visible()
    page.get_by_label("Google timeout").fill("500")
    page.get_by_label("Google timeout").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]


def test_setting_is_changed_by_keyboard(open_page, server):
    page = open_page("settings")
    field = page.get_by_label("Retries (read requests only)")
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(card(page, "Gmail").get_by_text("Saved")).to_be_visible()
    assert values(server, "gmail")["read_retries"] == 4
    page.reload()
    other = open_page("settings")
    expect(other.get_by_label("Retries (read requests only)")).to_have_value("4")


def test_invalid_setting_is_reported_at_its_field_and_not_saved(open_page, server):
    page = open_page("settings")
    page.get_by_label("Keep request contents for").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("It has to be a whole number.")
    expect(page.get_by_label("Keep request contents for")).to_have_attribute("aria-invalid", "true")
    assert values(server, "retention")["payload_days"] == 7
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("Keep request contents for")).to_have_value("7")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_setting_is_reset_to_its_default(open_page, server):
    server.person("PUT", "/api/settings/retention", json={"payload_days": 30, "activity_days": 300})
    page = open_page("settings")
    expect(page.get_by_label("Keep request contents for")).to_have_value("30")
    with answered(page, "PUT"):
        page.get_by_role("button", name="Reset to defaults").click()
    expect(page.get_by_label("Keep log entries for")).to_have_value("90")
    assert values(server, "retention") == {"payload_days": 7, "activity_days": 90}


def test_external_change_is_shown_and_typed_input_stays(open_page, server):
    page = open_page("settings")
    page.get_by_label("Keep request contents for").fill("20")
    server.person("PUT", "/api/settings/retention", json={"activity_days": 60})
    expect(page.get_by_label("Keep log entries for")).to_have_value("60")
    expect(page.get_by_label("Keep request contents for")).to_have_value("20")
    held = hold(page, "**/api/settings/retention", "PUT", times=1)
    with page.expect_request("**/api/settings/retention"):
        page.get_by_label("Keep request contents for").press("Enter")
    page.get_by_label("Keep log entries for").fill("61")
    held.pop().continue_()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(page.get_by_label("Keep log entries for")).to_have_value("61")


def test_theme_is_chosen(open_page, server):
    page = open_page("settings")
    with answered(page, "PUT"):
        page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert server.person("GET", "/api/look").json() == {"theme": "dark"}


def test_data_paths_are_shown_and_a_backup_is_made(open_page, server, tmp_path):
    page = open_page("settings")
    data = card(page, "Your data")
    expect(data.get_by_text(str(server.data), exact=True)).to_be_visible()
    expect(data.get_by_text("Secrets are stored in Deskhand's folder")).to_be_visible()
    migrate_archive(server.data / ARCHIVE_FILE, find_archive_migrations())
    data.get_by_role("button", name="Back up…").click()
    dialog = page.get_by_role("dialog")
    file = tmp_path / "mine.zip"
    file.write_text("Something of mine.")
    dialog.get_by_label("File").fill(str(file))
    dialog.get_by_role("button", name="Back up").click()
    expect(dialog.get_by_role("alert")).to_contain_text("mine.zip is there already")
    dialog.get_by_label("File").fill(str(tmp_path / "backup.zip"))
    dialog.get_by_label("Include imported history").click()
    dialog.get_by_role("button", name="Back up").click()
    expect(dialog).to_have_count(0)
    with zipfile.ZipFile(tmp_path / "backup.zip") as packed:
        assert "archive.db" in packed.namelist()
    assert file.read_text() == "Something of mine."


def test_backup_is_restored_and_its_differences_are_confirmed(open_page, server, tmp_path):
    assert server.person("POST", "/api/backup", json={"path": str(tmp_path / "good.zip")}).status_code == 200
    settings = {"origins": {"allowed": ["https://evil.example"]}, "tunnel": {"agent_path": "/bin/sh", "open_at_start": True}}
    make_hostile(tmp_path / "good.zip", tmp_path / "bad.zip", settings, {"shell": {"path": "/bin/sh"}})
    page = open_page("settings")
    card(page, "Your data").get_by_role("button", name="Restore…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Backup file").fill(str(tmp_path / "none.zip"))
    dialog.get_by_role("button", name="Restore and restart").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no file none.zip")
    assert find_barriers(page) == []
    running = runtime_file.read(server.data)
    dialog.get_by_label("Backup file").fill(str(tmp_path / "bad.zip"))
    dialog.get_by_role("button", name="Restore and restart").click()
    expect(dialog.get_by_text("Deskhand is restarting")).to_be_visible()
    restarted = wait_for_restart(server, running.key)
    assert restarted.local == server.local
    page = open_page("settings", width=480)
    differences = card(page, "Restored backup")
    expect(differences.get_by_role("listitem")).to_have_count(4)
    expect(differences.get_by_text("https://evil.example")).to_be_visible()
    assert find_barriers(page) == []
    assert not scrolls_sideways(page)
    agent = differences.get_by_role("listitem").filter(has_text="Path of the ngrok program")
    agent.get_by_role("button", name="Accept").click()
    expect(agent.get_by_role("status")).to_contain_text("not ngrok's agent")
    agent.get_by_role("button", name="Discard").click()
    expect(agent).to_have_count(0)
    pages = differences.get_by_role("listitem").filter(has_text="Allowed origins")
    pages.get_by_role("button", name="Accept").click()
    expect(pages).to_have_count(0)
    assert server.person("GET", "/api/origins").json() == {"allowed": ["https://evil.example"]}


def test_log_folder_is_named_without_a_screen(open_page, server):
    page = open_page("settings")
    page.get_by_role("button", name="Open logs").click()
    expect(page.get_by_role("alert")).to_contain_text(str(server.data / "logs"))
