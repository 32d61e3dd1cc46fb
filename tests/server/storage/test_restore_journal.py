import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.storage.backup import finish_restore
from tests.server.storage.conftest import ARCHIVE_MIGRATIONS, LIVE_KEYS, ROOT, Home

# Forks a child for steps that touch the file system, which dies there; then one that dies in the middle of the repair.
KILLED_EVERYWHERE = """
import os, random, shutil, sys
from pathlib import Path
from server.storage.backup import RestoreOptions, finish_restore, restore

STRIDE = 4  # a run tries every fourth step, from another one each time
template, file, work, archive_folder = map(Path, sys.argv[1:])
options = RestoreOptions(archive_folders=[archive_folder], harmless={"mail": {"signature"}})
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect"}

def die_at(step, function, *arguments, **named):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step
    def count(event, arguments):
        nonlocal left
        if event in STEPS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), 9)
    sys.addaudithook(count)
    function(*arguments, **named)
    os._exit(0)

shutil.copytree(template, work / "first")
restore(file, work / "first" / "data", options, config=work / "first" / "config")
shutil.rmtree(work / "first")
step = random.randrange(STRIDE)
while True:
    home = work / str(step)
    shutil.copytree(template, home)
    code = die_at(step, restore, file, home / "data", options, config=home / "config")
    if code == 0:
        break
    assert code == -9
    shutil.copytree(home, work / f"{step}-again")
    die_at(random.randrange(30), finish_restore, work / f"{step}-again" / "data", work / f"{step}-again" / "config")
    step += STRIDE
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork.")
def test_restore_killed_at_any_step_is_all_old_or_all_new(home: Home, tmp_path: Path) -> None:
    home.fill_archive("old", b"old")
    other = Home(tmp_path / "other").fill("new").fill_archive("new", b"new")
    file = other.back_up(tmp_path / "backup.zip", with_archive=True)
    work = tmp_path / "work"
    work.mkdir()
    command = [sys.executable, "-c", KILLED_EVERYWHERE, str(home.data.parent), str(file), str(work), str(ARCHIVE_MIGRATIONS)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=110)
    seen = set()
    for folder in work.iterdir():
        restored_home = Home(folder)
        finish_restore(restored_home.data, restored_home.config)
        word = str(restored_home.words()[0])
        assert restored_home.words() == [word] * 3, folder.name
        assert (restored_home.notes(), word.encode() in restored_home.contents()) == ([word], True), folder.name
        assert restored_home.ask(LIVE_KEYS) == ([1] if word == "old" else [0]), folder.name
        assert not list(restored_home.data.rglob("restoring*")) + list(restored_home.config.glob("restoring*"))
        seen.add(word)
    assert seen == {"old", "new"}
    assert len(list(work.iterdir())) > 50
    shutil.rmtree(work)
