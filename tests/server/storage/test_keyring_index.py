from pathlib import Path

import pytest

from server.storage.keyring_index import KeyringIndex


def test_new_index_knows_the_keyring_is_empty_and_older_data_does_not(tmp_path: Path) -> None:
    assert KeyringIndex(tmp_path / "new.json", from_before=False).knows("gmail") is False
    assert KeyringIndex(tmp_path / "new.json", from_before=True).knows("gmail") is False
    assert KeyringIndex(tmp_path / "old.json", from_before=True).knows("gmail") is None
    assert KeyringIndex(tmp_path / "old.json", from_before=False).knows("gmail") is None


def test_recorded_names_survive_a_restart(tmp_path: Path) -> None:
    KeyringIndex(tmp_path / "index.json", from_before=True).record("gmail", stored=True)
    stored = KeyringIndex(tmp_path / "index.json", from_before=False)
    assert (stored.knows("gmail"), stored.is_any) == (True, True)
    stored.record("gmail", stored=False)
    assert KeyringIndex(tmp_path / "index.json", from_before=False).is_any is False


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"names": 5}'])
def test_broken_index_falls_back_to_the_keyring(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    assert KeyringIndex(tmp_path / "index.json", from_before=False).knows("gmail") is None
