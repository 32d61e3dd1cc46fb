from pathlib import Path

import pytest

from server.storage.keyring_index import Kept


def test_a_new_folder_knows_that_the_keyring_has_nothing_and_an_old_one_does_not(tmp_path: Path) -> None:
    assert Kept(tmp_path / "new.json", from_before=False).knows("gmail") is False
    assert Kept(tmp_path / "new.json", from_before=True).knows("gmail") is False
    assert Kept(tmp_path / "old.json", from_before=True).knows("gmail") is None
    assert Kept(tmp_path / "old.json", from_before=False).knows("gmail") is None


def test_what_is_noted_stays(tmp_path: Path) -> None:
    Kept(tmp_path / "index.json", from_before=True).note("gmail", kept=True)
    kept = Kept(tmp_path / "index.json", from_before=False)
    assert (kept.knows("gmail"), kept.some) == (True, True)
    kept.note("gmail", kept=False)
    assert Kept(tmp_path / "index.json", from_before=False).some is False


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"names": 5}'])
def test_a_broken_index_means_that_the_keyring_is_asked(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    assert Kept(tmp_path / "index.json", from_before=False).knows("gmail") is None
