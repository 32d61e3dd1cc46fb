"""`deskhand extension`."""

import json
import zipfile

from click.testing import CliRunner
from websockets.sync.client import connect as open_socket

from server.commandline.client import connect
from server.core.errors import Unavailable
from server.integrations.queue.extension_commands import extension
from server.integrations.queue.extension_files import NAME, build_files, read_manifest


def run(folder, *arguments):
    return CliRunner().invoke(extension, ["--output", str(folder), "--data-dir", str(folder / "data"), *arguments], obj=connect)


def test_folder_and_zip_are_written_and_loading_is_explained(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert (tmp_path / NAME / "manifest.json").read_bytes() == build_files()["manifest.json"]
    assert f"{NAME}/worker.js" in zipfile.ZipFile(tmp_path / f"{NAME}.zip").namelist()
    for text in ("chrome://extensions", "Developer mode", "Load unpacked", str(tmp_path / NAME), "http://127.0.0.1:8000"):
        assert text in result.output
    assert "\u240a" not in result.output, "an empty line, not the sign for one"


def test_script_gets_the_paths_version_and_id(tmp_path):
    answer = json.loads(run(tmp_path, "--json").output)
    assert answer == {
        "folder": str(tmp_path / NAME),
        "zip": str(tmp_path / f"{NAME}.zip"),
        "address": "http://127.0.0.1:8000",
        "version": read_manifest().version,
        "id": read_manifest().extension_id,
        "outdated": [],
    }


def test_folder_of_something_else_is_refused_in_a_sentence(tmp_path):
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "notes.txt").write_text("mine")
    assert "not a copy of the extension" in str(run(tmp_path).exception)
    assert not (tmp_path / f"{NAME}.zip").exists()


def test_folder_that_cannot_be_written_is_named_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    result = CliRunner().invoke(extension, ["--output", str(tmp_path / "file" / "folder")], obj=connect)
    assert isinstance(result.exception, Unavailable)
    assert str(tmp_path / "file" / "folder") in str(result.exception)


def test_zip_replaces_a_link_and_not_where_it_leads(tmp_path):
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / f"{NAME}.zip").symlink_to(other)
    assert run(tmp_path).exit_code == 0
    assert (other.read_text(), zipfile.is_zipfile(tmp_path / f"{NAME}.zip")) == ("mine", True)


def pair_browser(served, name):
    """Pair a browser as its extension and the person do; answer its key."""
    code = served.person("POST", "/api/extension/pairing").json()["code"]
    entered = served.call("POST", "/ws/extension/pair", key="", json={"code": code, "name": name, "browser": "Chromium 156"})
    (request,) = served.person("GET", "/api/approvals").json()
    served.person("POST", f"/api/approvals/{request['id']}/approve", json={"extent": "once"})
    return served.call("GET", f"/ws/extension/pair/{entered.json()['id']}", key="").json()["key"]


def test_running_deskhand_gives_its_address_and_names_outdated_browsers(serve, tmp_path):
    served = serve()
    hello = {"type": "hello", "protocol": 1, "key": pair_browser(served, "Laptop"), "version": "0.9.0"}
    with open_socket(f"ws://127.0.0.1:{served.port}/ws/extension/", proxy=None) as socket:
        socket.send(json.dumps(hello))
        assert json.loads(socket.recv())["wanted_version"] == read_manifest().version
        result = CliRunner().invoke(extension, ["--output", str(tmp_path), "--data-dir", str(served.data)], obj=connect)
    assert "Laptop has version 0.9.0" in result.output
    assert f"http://127.0.0.1:{served.port}".encode() in (tmp_path / NAME / "config.js").read_bytes()
