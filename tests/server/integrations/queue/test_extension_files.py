"""The extension's files as they ship and as they are written."""

import hashlib
import io
import json
import re
import zipfile
from base64 import b64decode

import pytest

from server.core.errors import Conflict
from server.integrations.queue.extension_files import NAME, Target, build_files, make_zip, read_manifest, write_extension

FAKE = Target(site="http://127.0.0.1:4321", deskhand="http://127.0.0.1:9000")
IMPORT = re.compile(r"""^(?:import|export) .*?from '(.+?)'""", re.MULTILINE)


def read_json(files, name="manifest.json"):
    return json.loads(files[name])


def test_shipped_extension_works_on_chatgpt_and_nowhere_else():
    manifest = read_json(build_files())
    assert manifest["manifest_version"] == 3
    assert manifest["minimum_chrome_version"] == "116"
    assert manifest["content_scripts"][0]["matches"] == ["https://chatgpt.com/*"]
    assert manifest["web_accessible_resources"][0]["matches"] == ["https://chatgpt.com/*"]
    assert manifest["host_permissions"] == ["https://chatgpt.com/*", "http://127.0.0.1/*"]
    assert set(manifest["permissions"]) == {"alarms", "storage", "tabs"}
    assert "https://chatgpt.com" in build_files()["config.js"].decode()


def test_id_is_that_of_the_key():
    manifest = read_manifest()
    digest = hashlib.sha256(b64decode(manifest.key)).digest()[:16]
    assert manifest.extension_id == "".join("abcdefghijklmnop"[half] for byte in digest for half in (byte >> 4, byte & 15))
    assert manifest.origin == f"chrome-extension://{manifest.extension_id}"


def test_copy_for_another_site_has_it_in_addition():
    files = build_files(FAKE)
    manifest = read_json(files)
    assert manifest["content_scripts"][0]["matches"] == ["https://chatgpt.com/*", "http://127.0.0.1/*"]
    assert b'"site": "http://127.0.0.1:4321"' in files["config.js"]
    assert b'"deskhand": "http://127.0.0.1:9000"' in files["config.js"]
    assert manifest["key"] == read_manifest().key


def test_every_file_that_one_names_is_there():
    files = build_files()
    manifest = read_json(files)
    named = [manifest["background"]["service_worker"], *manifest["content_scripts"][0]["js"], manifest["action"]["default_popup"]]
    assert {*named, *manifest["icons"].values()} <= files.keys()
    for name, content in files.items():
        if name.endswith(".js"):
            folder = name.rpartition("/")[0]
            for imported in IMPORT.findall(content.decode()):
                path = re.sub(r"[^/]+/\.\./", "", f"{folder}/{imported}".replace("/./", "/")).removeprefix("./").lstrip("/")
                assert path in files, f"{name} imports {imported}"


def test_page_imports_only_what_it_may_read():
    """Other files are not accessible from a page, so an import of one would fail there."""
    for name, content in build_files().items():
        if name.startswith("page/"):
            assert all(imported.startswith("./") for imported in IMPORT.findall(content.decode())), name


def test_folder_is_replaced_by_a_later_version(tmp_path):
    folder = write_extension(tmp_path / NAME, FAKE)
    (folder / "page" / "former.js").write_text("export const gone = true\n")
    write_extension(folder)
    written = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert written == build_files()


@pytest.mark.parametrize("name", ["config.js", "page"])
def test_folder_with_links_is_left_alone(tmp_path, name):
    folder, other = write_extension(tmp_path / NAME), tmp_path / "other"
    (folder / name).rename(other)
    before = sorted(other.iterdir()) if other.is_dir() else other.read_bytes()
    (folder / name).symlink_to(other)
    with pytest.raises(Conflict):
        write_extension(folder, FAKE)
    assert (sorted(other.iterdir()) if other.is_dir() else other.read_bytes()) == before


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"key": "another"}', "[]"])
def test_folder_of_something_else_is_left_alone(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(Conflict, match="not a copy of the extension"):
        write_extension(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_zip_holds_one_folder_and_is_the_same_each_time():
    archive = zipfile.ZipFile(io.BytesIO(make_zip(FAKE)))
    assert {name.removeprefix(f"{NAME}/"): archive.read(name) for name in archive.namelist()} == build_files(FAKE)
    assert make_zip() == make_zip()
