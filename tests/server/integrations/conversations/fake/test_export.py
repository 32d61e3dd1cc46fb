"""The made-up history of two years."""

import json
import zipfile
from datetime import UTC, datetime

import pytest

from server.integrations.conversations.fake.export import write_export

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "export.zip"
    count = write_export(path, NOW)
    with zipfile.ZipFile(path) as archive:
        yield count, archive


def read_all(archive):
    shards = sorted(name for name in archive.namelist() if name.startswith("conversations-"))
    return [conversation for name in shards for conversation in json.loads(archive.read(name))]


def test_history_spans_two_years_in_several_shards(export):
    count, archive = export
    conversations = read_all(archive)
    assert count == len(conversations) == len({each["conversation_id"] for each in conversations}) > 250
    times = [each["create_time"] for each in conversations]
    assert (NOW.timestamp() - min(times)) / 86_400 == pytest.approx(730, abs=10)
    assert max(times) <= NOW.timestamp()
    assert not any("{x}" in json.dumps(each) for each in conversations)


def test_history_has_everything_that_an_export_can_have(export):
    text = json.dumps(read_all(export[1]))
    for kind in ("thoughts", "execution_output", "image_asset_pointer", "audio_transcription", "user_editable_context"):
        assert f'"content_type": "{kind}"' in text
    for part in ("canmore.create_textdoc", "content_references", '"gizmo_id": "g-p-', "$$", "|---|"):
        assert part in text


def test_every_file_is_there_under_its_new_name(export):
    archive = export[1]
    names = json.loads(archive.read("conversation_asset_file_names.json"))
    assert all(archive.read(name).startswith(b"\x89PNG") for name in names)
    pointers = {name.removesuffix(".dat") for name in names}
    assert all(pointer in json.dumps(read_all(archive)) for pointer in list(pointers)[:3])


def test_history_of_a_day_is_the_same_each_time(export, tmp_path):
    write_export(tmp_path / "again.zip", NOW)
    with zipfile.ZipFile(tmp_path / "again.zip") as again:
        assert read_all(again) == read_all(export[1])
