import io
import json
import zipfile

import pytest

from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.history.attachments import Attachments
from server.integrations.conversations.history.sources import Member
from server.storage.data_dir import Folders
from tests.history_exports import PNG


def make(name: str, data: bytes) -> Member:
    return Member(name, len(data), lambda: io.BytesIO(data))


@pytest.fixture
def files(tmp_path):
    return AssetFiles(Folders(tmp_path, tmp_path, tmp_path, tmp_path))


def test_dat_file_has_the_name_and_the_type_of_its_content(files):
    names = make("conversation_asset_file_names.json", json.dumps({"file-AbC.dat": "holiday/beach"}).encode())
    record = Attachments([make("file-AbC.dat", PNG)], names, files).find("file-AbC", "")
    assert (record.name, record.content_type, record.size) == ("beach", "image/png", len(PNG))
    assert files.find(record.sha256, record.size)


@pytest.mark.parametrize("names", [{"file-AbC": {"name": "a.png"}}, {"file_AbC": "a.png"}, {"AbC": "x\\a.png"}])
def test_names_are_read_in_every_form(names, files):
    member = make("names", b"\xef\xbb\xbf" + json.dumps(names).encode())
    attachments = Attachments([make("file-AbC", PNG)], member, files)
    assert attachments.find("file-AbC", "").name in {"a.png", "file-AbC"}


@pytest.mark.parametrize("names", [b"", b"[1]", b"{", b'{"file-AbC": 5}', b"[" * 100_000])
def test_damaged_names_cost_only_the_names(names, files):
    assert Attachments([make("file-AbC-own.png", PNG)], make("names", names), files).find("file-AbC", "").name == "own.png"


def test_missing_file_is_missing(files):
    attachments = Attachments([], None, files)
    record = attachments.find("file-AbC", "a.png")
    assert (record.name, record.sha256, attachments.missing) == ("a.png", "", {"AbC"})


def test_damaged_file_is_missing_and_reported(files):
    class Broken(io.BytesIO):
        def read(self, _=-1):
            raise zipfile.BadZipFile

    attachments = Attachments([Member("file-AbC.png", 5, Broken)], None, files)
    assert attachments.find("file-AbC", "").sha256 == ""
    assert attachments.broken == {"file-AbC.png"}


def test_file_of_several_messages_is_stored_once(files):
    opened = []

    def open_file():
        opened.append(1)
        return io.BytesIO(PNG)

    attachments = Attachments([Member("file-AbC.png", 5, open_file)], None, files)
    assert attachments.find("file-AbC", "").sha256 == attachments.find("file_AbC", "").sha256
    assert attachments.find("file-other", "file-AbC.png").sha256
    assert len(opened) == 1
