import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from server.system import processes
from server.system.processes import (
    Ended,
    Pattern,
    Process,
    Program,
    end_tree,
    find,
    is_running,
    tree,
)
from tests.running import find_by_executable, identify

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that these tests start are written for POSIX")

NAP = "import time\ntime.sleep(600)\n"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nready()\ntime.sleep(600)\n"
FAMILY = """
import subprocess, sys, time
if len(sys.argv) < 4:
    subprocess.Popen([sys.argv[0], *sys.argv[1:], "deeper"])
ready(sys.argv[1:])
time.sleep(600)
"""
LEAVES_A_CHILD = """
import subprocess, sys, time
if sys.argv[1:]:
    ready()
    time.sleep(600)
subprocess.Popen([sys.argv[0], "child"])
"""
COMES_BACK = """
import signal, subprocess, sys, time
def again(*_):
    subprocess.Popen([sys.argv[0]])
    sys.exit()
signal.signal(signal.SIGTERM, again)
ready()
time.sleep(600)
"""
ENDS_ITS_LEADER = """
import subprocess, sys, time
if not sys.argv[1:]:
    subprocess.Popen([sys.argv[0], "between"])
    time.sleep(600)
if sys.argv[1] == "between":
    subprocess.Popen([sys.argv[0], "inner"])
    sys.exit()
sys.path[:0] = [{root!r}, *{paths!r}]
from server.system import processes
processes.end_tree(processes.identify_child(os.getsid(0)), 5)
ready(["survived"])
"""
READY = """#!{python} -SE
import os, pathlib
def ready(words=()):
    pathlib.Path(__file__ + ".ready" + "-".join(words)).write_text(str(os.getpid()))
"""


class Nursery:
    """Writes programs and starts them, each leading a session of its own, as Deskhand does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[subprocess.Popen[bytes]] = []

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(READY.format(python=sys.executable) + text)
        path.chmod(0o755)
        return path

    def start(self, *command: str | Path) -> Process:
        child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        self.children.append(child)
        wait_for(lambda: has_command_line(child.pid))
        return processes.identify_child(child.pid)

    def run(self, name: str, text: str, ready: str = "") -> Process:
        path = self.write(name, text)
        started = self.start(path)
        wait_for(lambda: number_in(path, ready))
        return started


def has_command_line(pid: int) -> bool:
    """Return whether a process has one, which it lacks for a moment after exec has let its parent go on."""
    try:
        return bool(psutil.Process(pid).cmdline())
    except psutil.Error:
        return True  # it has ended


def number_in(path: Path, ready: str = "") -> int:
    """The pid that a program has written when it was ready, 0 before."""
    file = Path(f"{path}.ready{ready}")
    return int(file.read_text() or 0) if file.exists() else 0


def wait_for(condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return value


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path)
    yield nursery
    for child in nursery.children:
        for left in processes.left_behind(child.pid):
            os.kill(left.pid, signal.SIGKILL)
        child.kill()
        child.wait()


def test_process_is_identified_by_pid_and_start_time(nursery):
    napper = nursery.start(nursery.write("nap", NAP))
    assert identify(napper.pid) == napper
    assert is_running(napper)


def test_reused_pid_is_another_process(nursery):
    napper = nursery.start(nursery.write("nap", NAP))
    former = replace(napper, started=napper.started - 60)
    assert not is_running(former)
    assert tree(former) == []
    assert end_tree(former, 1) == Ended()
    assert is_running(napper)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a start time does not move with the clock")
def test_process_is_the_same_after_the_clock_was_set(nursery, monkeypatch):
    napper = nursery.start(nursery.write("nap", NAP))
    boot_time = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot_time + 3600)
    assert psutil.Process(napper.pid).create_time() > napper.started + 3500
    assert is_running(napper)
    assert identify(napper.pid).started == pytest.approx(napper.started, abs=1.5)
    assert end_tree(napper, 1) == Ended()
    assert not is_running(napper)


def test_unused_pid_does_not_run():
    gone = subprocess.Popen(["sleep", "0"])
    gone.wait()
    assert identify(gone.pid) is None
    assert not is_running(Process(gone.pid, time.time()))


def test_zombie_does_not_run(nursery):
    zombie = nursery.start("sleep", "0")
    wait_for(lambda: identify(zombie.pid) is None)
    assert nursery.children[0].returncode is None
    assert not is_running(zombie)
    assert end_tree(zombie, 5) == Ended()


def test_program_is_found_by_its_whole_path(nursery, tmp_path):
    for name in ("napper", "napper2", "nap"):
        shutil.copy2(shutil.which("sleep"), tmp_path / name)
    wanted, *_ = [nursery.start(tmp_path / name, "600") for name in ("napper", "napper2", "nap")]
    assert find_by_executable(str(tmp_path / "napper")) == [wanted]
    every = {name: Pattern((processes.program_of(str(tmp_path / name)),)) for name in ("napper", "nap", "missing")}
    assert {name: len(matches) for name, matches in find(every).items()} == {"napper": 1, "nap": 1, "missing": 0}


def test_program_is_found_through_a_link(nursery, tmp_path):
    shutil.copy2(shutil.which("sleep"), tmp_path / "napper")
    (tmp_path / "link").symlink_to("napper")
    wanted = nursery.start(tmp_path / "napper", "600")
    assert find_by_executable(str(tmp_path / "link")) == [wanted]


def test_script_is_found_if_it_runs_and_not_if_it_is_read(nursery):
    script = nursery.write("nap", NAP)
    nursery.start("tail", "-f", script)
    nursery.start(sys.executable, "-c", "import time; time.sleep(600)", script)
    wanted = nursery.start(script)
    wait_for(lambda: find_by_executable(str(script)))
    assert find_by_executable(str(script)) == [wanted]


def test_script_started_by_a_relative_path_is_found(nursery, tmp_path):
    script = nursery.write("nap", NAP)
    child = subprocess.Popen(["./nap"], cwd=tmp_path)
    nursery.children.append(child)
    wait_for(lambda: [process.pid for process in find_by_executable(str(script))] == [child.pid])


@pytest.mark.parametrize("first", ["#!/usr/bin/env {python}", "#!/usr/bin/env -S {python} -E", "#! {python} -E"])
def test_interpreter_is_read_from_the_first_line_of_a_script(tmp_path, nursery, first):
    script = tmp_path / "script"
    script.write_text(f"{first.format(python=sys.executable)}\n{NAP}")
    script.chmod(0o755)
    started = nursery.start(script)
    assert wait_for(lambda: find_by_executable(str(script))) == [started]


def test_script_of_the_same_name_in_another_folder_is_not_found(nursery, tmp_path):
    (tmp_path / "other").mkdir()
    script = nursery.write("nap", NAP)
    nursery.start(shutil.copy2(script, tmp_path / "other" / "nap"))
    wanted = nursery.start(script)
    assert find_by_executable(str(script)) == [wanted]


def test_arguments_of_a_program_must_be_a_prefix(nursery):
    sleep = shutil.which("sleep")
    wanted = nursery.start(sleep, "611", "1")
    nursery.start(sleep, "1", "611")
    nursery.start(sleep, "612")
    assert find({"": Pattern((processes.program_of(sleep, ("611",)),))})[""] == [wanted]


def test_name_must_match_completely(nursery, tmp_path):
    for name in ("napper", "napper2"):
        shutil.copy2(shutil.which("sleep"), tmp_path / name)
    wanted, _ = [nursery.start(tmp_path / name, "600") for name in ("napper", "napper2")]
    wait_for(lambda: find({"": Pattern(names=frozenset(["napper"]))})[""] == [wanted])
    patterns = {"whole": Pattern(names=frozenset(["napper"])), "part": Pattern(names=frozenset(["nappe"]))}
    assert find(patterns) == {"whole": [wanted], "part": []}


def test_arguments_of_a_pattern_must_all_be_present(nursery, tmp_path):
    shutil.copy2(shutil.which("sleep"), tmp_path / "napper")
    wanted, _ = nursery.start(tmp_path / "napper", "601"), nursery.start(tmp_path / "napper", "602")
    pattern = Pattern(names=frozenset(["napper"]), arguments=frozenset(["601"]))
    wait_for(lambda: find({"": pattern})[""] == [wanted])
    assert find({"": Pattern(names=frozenset(["napper"]), arguments=frozenset(["601", "more"]))})[""] == []


def test_topmost_of_a_program_that_starts_itself_is_found(nursery):
    family = nursery.run("family", FAMILY, "deeper-deeper-deeper")
    assert find_by_executable(str(nursery.folder / "family")) == [family]


def test_deskhand_does_not_find_itself():
    here = {process.pid for process in find_by_executable(sys.executable)}
    assert not here & {os.getpid(), os.getppid()}


def test_deskhand_does_not_end_itself():
    assert end_tree(processes.identify_child(os.getpid()), 0) == Ended()


def test_deskhand_does_not_end_itself_when_it_runs_in_the_session_it_ends(nursery):
    leader = nursery.start(nursery.write("leader", ENDS_ITS_LEADER.format(root=str(ROOT), paths=sys.path)))
    wait_for(lambda: number_in(nursery.folder / "leader", "survived"))
    assert not is_running(leader)


def test_tree_includes_grandchildren(nursery):
    family = nursery.run("family", FAMILY, "deeper-deeper-deeper")
    pids = {number_in(nursery.folder / "family", ready) for ready in ("", "deeper", "deeper-deeper", "deeper-deeper-deeper")}
    assert {process.pid for process in tree(family)} == pids


def test_end_of_a_tree_ends_grandchildren(nursery):
    family = nursery.run("family", FAMILY, "deeper-deeper-deeper")
    members = tree(family)
    assert len(members) == 4
    assert end_tree(family, 20) == Ended(killed=0)
    assert not [process for process in members if is_running(process)]


def test_process_that_ignores_the_request_is_killed(nursery):
    stubborn = nursery.run("stubborn", STUBBORN)
    assert end_tree(stubborn, 0.1) == Ended(killed=1)
    assert not is_running(stubborn)


def test_process_is_killed_at_once_without_grace(nursery):
    stubborn = nursery.run("stubborn", STUBBORN)
    assert end_tree(stubborn, 0) == Ended(killed=1)


def test_request_to_end_can_be_replaced(nursery):
    napper = nursery.start("sleep", "600")
    requests = []

    def ask(process: Process) -> None:
        requests.append(process)
        os.kill(process.pid, signal.SIGUSR1)

    assert end_tree(napper, 20, ask=ask) == Ended()
    assert requests == [napper]
    assert nursery.children[0].wait() == -signal.SIGUSR1


def test_program_that_restarts_itself_is_ended(nursery):
    phoenix = nursery.run("phoenix", COMES_BACK)
    ended = end_tree(phoenix, 1)
    assert ended.killed >= 1 and not ended.left
    assert find_by_executable(str(nursery.folder / "phoenix")) == []


def test_children_started_during_the_kill_are_killed(nursery):
    storm = nursery.start("sh", "-c", "n=0; while [ $n -lt 300 ]; do sleep 600 & n=$((n+1)); done; wait")
    wait_for(lambda: len(tree(storm)) > 5)
    assert end_tree(storm, 0).left == ()
    assert processes.left_behind(storm.pid) == []


def test_rest_of_a_session_is_found_before_its_leader_is_reaped(nursery):
    parent = nursery.start(nursery.write("leaver", LEAVES_A_CHILD))
    child = wait_for(lambda: number_in(nursery.folder / "leaver"))
    os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
    assert [process.pid for process in processes.left_behind(parent.pid)] == [child]


def test_unreadable_file_is_a_program(tmp_path):
    assert processes.program_of(str(tmp_path / "gone"), ("-x",)) == Program(str((tmp_path / "gone").resolve()), ("-x",))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes.")
def test_pipe_instead_of_a_program_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert processes.program_of(str(tmp_path / "pipe")) == Program(str((tmp_path / "pipe").resolve()))


def test_running_executables_are_listed_by_file(nursery, tmp_path):
    napper = shutil.copy2(shutil.which("sleep"), tmp_path / "napper")
    assert processes.real(napper) not in processes.running_executables()
    nursery.start(napper, "600")
    assert processes.real(napper) in processes.running_executables()


def test_processes_are_found_by_the_end_of_their_command_line(tmp_path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    meant = subprocess.Popen([*command, "--config", str(tmp_path)])
    others = [subprocess.Popen([*command, *words]) for words in ([f"--config={tmp_path}"], ["--config", str(tmp_path), "-x"])]
    try:
        assert [process.pid for process in processes.find_by_endings([["--config", str(tmp_path)], ["none"], []])] == [meant.pid]
    finally:
        for process in (meant, *others):
            process.kill()
            process.wait()
    assert processes.find_by_endings([["--config", str(tmp_path)], ["none"], []]) == []
