"""`deskhand extension`."""

import json
import zipfile

from click.testing import CliRunner

from server.commandline.client import connect
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


class OlderBrowser:
    """A running Deskhand with a browser that has another version. Both answers are those of the local API."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def call(self, method, path, body=None, *, seconds=None):
        answers = {
            "/api/addresses": {"here": "http://127.0.0.1:8123/"},
            "/api/extension": {
                "extensions": [{"name": "Laptop", "version": "0.9.0"}, {"name": "New", "version": read_manifest().version}]
            },
        }
        return answers[path]


def test_running_deskhand_gives_its_address_and_names_outdated_browsers(tmp_path):
    result = CliRunner().invoke(extension, ["--output", str(tmp_path)], obj=lambda *_, **__: OlderBrowser())
    assert "Laptop has version 0.9.0" in result.output
    assert "New has version" not in result.output
    assert b"http://127.0.0.1:8123" in (tmp_path / NAME / "config.js").read_bytes()
