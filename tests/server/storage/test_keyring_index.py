from pathlib import Path

import pytest

from server.storage.keyring_index import KeyringIndex


def test_a_new_folder_knows_that_the_keyring_has_nothing_and_an_old_one_does_not(tmp_path: Path) -> None:
    assert KeyringIndex(tmp_path / "new.json", from_before=False).knows("gmail") is False
    assert KeyringIndex(tmp_path / "new.json", from_before=True).knows("gmail") is False
    assert KeyringIndex(tmp_path / "old.json", from_before=True).knows("gmail") is None
    assert KeyringIndex(tmp_path / "old.json", from_before=False).knows("gmail") is None


def test_what_is_noted_stays(tmp_path: Path) -> None:
    KeyringIndex(tmp_path / "index.json", from_before=True).record("gmail", stored=True)
    stored = KeyringIndex(tmp_path / "index.json", from_before=False)
    assert (stored.knows("gmail"), stored.is_any) == (True, True)
    stored.record("gmail", stored=False)
    assert KeyringIndex(tmp_path / "index.json", from_before=False).is_any is False


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"names": 5}'])
def test_a_broken_index_means_that_the_keyring_is_asked(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    assert KeyringIndex(tmp_path / "index.json", from_before=False).knows("gmail") is None
