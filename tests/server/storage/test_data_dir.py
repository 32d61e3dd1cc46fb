import os
import threading
from pathlib import Path

import pytest

from server.core.errors import Conflict, Unavailable
from server.storage.data_dir import find_home, is_held, open_home, warn_if_readable


def test_folder_is_used_by_one_program_at_a_time(tmp_path: Path) -> None:
    with open_home(tmp_path, demo=False), pytest.raises(Conflict, match="running already"), open_home(tmp_path, demo=False):
        pass
    with open_home(tmp_path, demo=False):
        pass


def test_lock_that_cannot_be_written_is_explained_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(Unavailable, match=r"The folder .* cannot be used"), open_home(tmp_path, demo=False):
        pass


def test_folders_are_private(tmp_path: Path) -> None:
    with open_home(tmp_path / "data", demo=False) as home:
        for folder in (home.folders.data, home.folders.files, home.folders.logs):
            assert folder.stat().st_mode & 0o777 == 0o700


def test_demo_has_its_own_folder_by_default(tmp_path: Path) -> None:
    assert find_home(None, demo=True).folders.data != find_home(None, demo=False).folders.data
    assert find_home(None, demo=True).own
    assert not find_home(None, demo=False).own
    assert find_home(tmp_path, demo=True).folders.data == tmp_path


def test_demo_and_own_data_never_mix(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("order", [(True, False, True), (False, True, False)])
def test_default_folders_hold_the_demo_and_a_persons_own_data(tmp_path: Path, monkeypatch, order: tuple[bool, ...]) -> None:
    for name in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    data = set()
    for demo in order:
        with open_home(None, demo=demo) as home:
            data.add((demo, home.folders.data))
            (home.folders.data / "deskhand.db").touch()
    assert len(data) == len({folder for _, folder in data}) == 2


@pytest.mark.parametrize("names", [["demo"], ["demo", "deskhand.db"]])
def test_data_with_a_folder_named_demo_is_a_persons_own(tmp_path: Path, names: list[str]) -> None:
    with open_home(tmp_path / "demo", demo=True):
        pass
    for name in names[1:]:
        (tmp_path / name).touch()
    with pytest.raises(Conflict, match="your own"), open_home(tmp_path, demo=True):
        pass
    with open_home(tmp_path, demo=False):
        pass


def test_folder_with_the_marker_file_is_the_demos(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    (tmp_path / "deskhand.db").touch()
    with pytest.raises(Conflict, match="the demo's"), open_home(tmp_path, demo=False):
        pass
    with open_home(tmp_path, demo=True):
        pass


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")


@POSIX
def test_folder_readable_by_others_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "logs").mkdir()
    (folder / "logs").chmod(0o755)
    with open_home(folder, demo=False) as home:
        assert [path.stat().st_mode & 0o777 for path in (folder, folder / "logs", folder / "files")] == [0o755, 0o755, 0o700]
        assert "may look into" in (warn_if_readable(home) or "")
        folder.chmod(0o700)
        assert warn_if_readable(home) is None


@POSIX
@pytest.mark.parametrize("name", [".", "files"])
def test_folder_writable_by_others_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mine" / name
    folder.mkdir(parents=True)
    folder.chmod(0o707)
    with pytest.raises(Conflict, match="may write into"), open_home(tmp_path / "mine", demo=False):
        pass
    assert folder.stat().st_mode & 0o777 == 0o707


@POSIX
def test_files_are_private_in_every_folder(serve, tmp_path: Path) -> None:
    for folder in (tmp_path / "mine", tmp_path / "mine" / "logs"):
        folder.mkdir()
        folder.chmod(0o755)
    served = serve(tmp_path / "mine")
    served.make_client()
    served.call("GET", "/api/v1/apps")
    files = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert {"deskhand.db", "runtime.json", "lock"} <= {path.name for path in files}
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []
    assert "may look into" in " ".join(served.person("GET", "/api/overview").json()["notices"])


def test_lock_check_neither_creates_nor_holds_the_lock(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with open_home(tmp_path, demo=False):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_lock_check_does_not_block_a_start(tmp_path: Path) -> None:
    ended = threading.Event()

    def run_read() -> None:
        while not ended.is_set():
            is_held(tmp_path)

    looking = threading.Thread(target=run_read)
    looking.start()
    try:
        for _ in range(30):
            with open_home(tmp_path, demo=False):
                pass
    finally:
        ended.set()
        looking.join()
    assert not is_held(tmp_path)


def test_existing_default_folder_becomes_private(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = find_home(None, demo=False).folders.data
    folder.mkdir(0o755)
    with open_home(None, demo=False):
        assert folder.stat().st_mode & 0o777 == 0o700
