import json
from pathlib import Path
from typing import Any

import pytest

from server.core.errors import InvalidInput
from server.storage.restored import SECTION, Restored, make_id, read_text_file, separate_settings
from server.storage.settings import Settings

HARMLESS = {"look": {"theme"}}


def separate(tmp_path: Path, backup: str, current: dict[str, Any]) -> tuple[dict[str, Any], Restored]:
    """Separate a backup's settings from the current ones; answers the sections in force, and what waits."""
    (tmp_path / "backup").mkdir()
    prepared, present = tmp_path / "backup" / "settings.json", tmp_path / "settings.json"
    prepared.write_text(backup)
    present.write_text(json.dumps({name: {"1": fields} for name, fields in current.items()}))
    separate_settings(prepared, present, HARMLESS, Restored(at="then"))
    sections = {name: fields["1"] for name, fields in json.loads(prepared.read_text()).items()}
    sections.pop(SECTION)
    return sections, Settings(tmp_path / "backup").read(SECTION, Restored)


def test_only_harmless_settings_of_a_backup_are_in_force(tmp_path: Path) -> None:
    backup = {
        "tunnel": {"1": {"agent_path": "/tmp/evil", "domain": None}},
        "look": {"1": {"theme": "dark", "script": "x"}},
        "unknown": {"1": {"anything": 1}, "2": {"more": 2}},
        SECTION: {"1": {"at": "before", "settings": {"origins": {"allowed": ["https://evil.example"]}}, "discarded": ["c"]}},
    }
    current = {"tunnel": {"agent_path": "/usr/bin/ngrok", "domain": None}, "pause": {"until": "2126-01-01T00:00:00Z"}}
    sections, waiting = separate(tmp_path, json.dumps(backup), current)
    assert sections == {**current, "look": {"theme": "dark"}}
    assert waiting.settings == {
        "tunnel": {"agent_path": "/tmp/evil"},
        "look": {"script": "x"},
        "unknown": {"anything": 1},
    }
    assert (waiting.at, waiting.discarded) == ("then", [])


@pytest.mark.parametrize(
    "backup",
    [
        "{",
        "[]",
        '{"a": 1}',
        '{"a": {"1": 1}}',
        '{"look": {"1": {"theme": NaN}}}',
        '{"a": {"1": {"b": "\\ud800"}}}',
        '{"a":' * 3000,
        f'{{"look": {{"1": {{"theme": {"[" * 600}{"]" * 600}}}}}}}',
        f'{{"a": {{"1": {{"b": {"[" * 300}{"]" * 300}}}}}}}',
    ],
)
def test_damaged_settings_of_a_backup_are_refused(tmp_path: Path, backup: str) -> None:
    with pytest.raises(InvalidInput, match="damaged"):
        separate(tmp_path, backup, {})


@pytest.mark.parametrize("fields", [{"b": "x" * (1 << 20)}, dict.fromkeys(map(str, range(1_001)))], ids=["large", "many"])
def test_more_settings_than_deskhand_stores_are_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="more settings"):
        separate(tmp_path, json.dumps({"a": {"1": fields}}), {})


def test_file_that_waits_is_small_text(tmp_path: Path) -> None:
    path = tmp_path / "app_config.json"
    for content, text in ((b"\xef\xbb\xbf{}", "{}"), (b"\xff", "\ufffd"), (b"x" * (1 << 20), "x" * (1 << 20))):
        path.write_bytes(content)
        assert read_text_file(path) == text
    path.write_bytes(b"x" * ((1 << 20) + 1))
    assert read_text_file(path) == ""


def test_id_depends_on_the_value() -> None:
    assert make_id("tunnel", "agent_path", "/a") == make_id("tunnel", "agent_path", "/a")
    assert make_id("tunnel", "agent_path", "/a") != make_id("tunnel", "agent_path", "/b")
