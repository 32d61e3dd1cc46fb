from pathlib import Path

import pytest

from server.errors import Conflict
from server.folders import find_home, open_home


def test_one_program_at_a_time_uses_a_folder(tmp_path: Path) -> None:
    with open_home(tmp_path, demo=False), pytest.raises(Conflict, match="running already"), open_home(tmp_path, demo=False):
        pass
    with open_home(tmp_path, demo=False):
        pass


def test_everything_is_for_this_person_alone(tmp_path: Path) -> None:
    with open_home(tmp_path / "data", demo=False) as home:
        for folder in (home.folders.data, home.folders.files, home.folders.logs):
            assert folder.stat().st_mode & 0o777 == 0o700


def test_demo_mode_has_a_folder_of_its_own_unless_told_otherwise(tmp_path: Path) -> None:
    assert find_home(None, demo=True).folders.data != find_home(None, demo=False).folders.data
    assert find_home(None, demo=True).own
    assert not find_home(None, demo=False).own
    assert find_home(tmp_path, demo=True).folders.data == tmp_path


def test_made_up_accounts_and_a_persons_own_never_meet(tmp_path: Path) -> None:
    with open_home(tmp_path / "demo", demo=True):
        pass
    with pytest.raises(Conflict, match="--demo"), open_home(tmp_path / "demo", demo=False):
        pass
    with open_home(tmp_path / "own", demo=False) as home:
        (home.folders.data / "deskhand.db").touch()
    with pytest.raises(Conflict, match="your own"), open_home(tmp_path / "own", demo=True):
        pass
    with open_home(tmp_path / "demo", demo=None):
        pass
