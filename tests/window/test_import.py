"""The Import page: preview, selection, progress, report and undo."""

import json

import pytest
from playwright.sync_api import expect

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.history_exports import cyclic, zip_folder
from tests.server.conftest import Served
from tests.window.chat_history import SHORT, make_short, write_history
from tests.window.conftest import find_barriers, scrolls_sideways


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One Deskhand without history."""
    data = tmp_path_factory.mktemp("import") / "data"
    background = BackgroundServer(Program(Options(port=0, data_dir=data)))
    ready = background.start()
    server = Served(background, ready.public, ready.local, data)
    server.person("GET", "/api/overview")
    yield server
    assert background.stop()


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A zip file as OpenAI sends it."""
    folder = tmp_path_factory.mktemp("export")
    return zip_folder(write_history(folder / "files"), folder / "chatgpt-export.zip")


def test_page_without_imports_says_how_to_get_an_export(open_page, server):
    page = open_page("conversations", width=420)
    page.get_by_role("main").get_by_role("link", name="Import history").last.click()
    expect(page.get_by_text("Settings → Data controls → Export data")).to_be_visible()
    assert find_barriers(page) == []
    assert not scrolls_sideways(page, "200%")


def test_export_is_previewed_imported_by_selection_and_undone(open_page, server, export):
    page = open_page("import")
    with page.expect_file_chooser() as chooser:  # without a screen the browser's own dialog opens
        page.get_by_role("button", name="Choose file").click()
    chooser.value.set_files(export)
    expect(page.get_by_role("button", name=f"Import {SHORT + 2} conversations")).to_be_visible()
    page.get_by_role("checkbox", name="2025").uncheck()
    assert find_barriers(page) == []
    page.get_by_role("button", name="Import selection").click()
    past = page.get_by_role("group", name="chatgpt-export.zip")
    expect(past).to_contain_text(f"{SHORT + 1} imported")
    expect(page.get_by_role("term").filter(has_text="Imported")).to_be_visible()  # the report of a new import is open
    past.get_by_role("button", name="chatgpt-export.zip").click()
    expect(page.get_by_role("term")).to_have_count(0)
    assert find_barriers(page) == []
    total = server.person("GET", "/api/chats").json()["total"]
    assert total == SHORT + 1
    past.get_by_role("button", name="Show conversations").click()
    expect(page.get_by_text(f"{total} conversations", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Remove filter: from chatgpt-export.zip").click()
    page.go_back()
    past.get_by_role("button", name="Undo import").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo import").click()
    expect(past.get_by_text("Undone")).to_be_visible()
    expect(past.get_by_role("button", name="Undo import")).to_have_count(0)
    assert server.person("GET", "/api/chats").json()["total"] == 0


def test_deleted_conversation_comes_back_only_if_it_is_included(open_page, server, tmp_path):
    (tmp_path / "conversations.json").write_text(json.dumps([make_short(1), make_short(2)]))
    order = {"path": str(tmp_path / "conversations.json"), "start": True}
    run = server.person("POST", "/api/imports", json=order).json()
    assert server.person("GET", f"/api/imports/{run['id']}", params={"wait": 30}).json()["state"] == "done"
    chat = server.person("GET", "/api/chats").json()["chats"][0]["id"]
    assert server.person("DELETE", f"/api/chats/{chat}").status_code < 300
    assert server.person("POST", "/api/imports", json=order | {"start": False}).status_code == 200
    page = open_page("import")
    include = page.get_by_role("checkbox", name="Include deleted conversations")
    expect(include).not_to_be_checked()
    sentence = "1 conversation of this selection was deleted here, and stays deleted unless you include it."
    expect(include).to_have_accessible_description(sentence)
    expect(page.get_by_role("button", name="Import 1 conversation", exact=True)).to_be_visible()
    assert find_barriers(page) == []
    year = page.get_by_role("group", name="Years").get_by_role("checkbox")
    year.uncheck()
    expect(include).to_have_count(0)  # nothing of the selection was deleted
    year.check()
    include.check()
    page.get_by_role("button", name="Import 2 conversations", exact=True).click()
    expect(page.get_by_role("group", name="conversations.json").first).to_contain_text("1 imported, 1 already here")
    assert server.person("GET", "/api/chats").json()["total"] == 2


def test_failed_conversations_and_wrong_files_are_explained(open_page, server, tmp_path):
    (tmp_path / "conversations.json").write_text(json.dumps([make_short(1), {**cyclic("round"), "mapping": 5}]))
    page = open_page("import")
    page.get_by_role("button", name="Enter a path").click()
    page.get_by_role("textbox", name="Path").fill(str(tmp_path / "nothing.zip"))
    page.get_by_role("button", name="Read export").click()
    expect(page.get_by_role("alert").last).not_to_be_empty()
    page.get_by_role("textbox", name="Path").fill(str(tmp_path / "conversations.json"))
    page.get_by_role("button", name="Read export").click()
    page.get_by_role("button", name="Import 2 conversations").or_(
        page.get_by_role("button", name="Import 1 conversation")
    ).click()
    expect(page.get_by_text("could not be imported")).to_be_visible()
