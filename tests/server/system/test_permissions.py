import os
import stat
from pathlib import Path

import pytest

from server.system.permissions import find_fault, grants_access

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has access lists.")


@pytest.mark.parametrize(("mode", "fault"), [(0o600, None), (0o644, None), (0o602, "write to it"), (0o666, "write to it")])
def test_file_that_others_may_write_is_at_fault(tmp_path: Path, mode: int, fault: str | None) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    result = find_fault(path, path.lstat())
    assert (result is None) if fault is None else (fault in (result or ""))


def test_link_folder_and_file_in_an_open_folder_are_at_fault(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    path, link = folder / "file", tmp_path / "link"
    path.touch()
    link.symlink_to(path)
    assert "link" in (find_fault(link, link.lstat()) or "")
    assert "no plain file" in (find_fault(folder, folder.lstat()) or "")
    assert find_fault(path, path.lstat()) is None
    folder.chmod(0o777)
    assert "folder" in (find_fault(path, path.lstat()) or "")


def test_right_of_a_foreign_group_is_a_right_of_others(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o660)
    status = os.stat_result((*path.stat()[:5], 54_321, *path.stat()[6:]))
    assert grants_access(status, stat.S_IWGRP, stat.S_IWOTH)
