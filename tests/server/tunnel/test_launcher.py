import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from server.tunnel import launcher as launchers
from server.tunnel.launcher import find_setpriv, write_batch, write_launcher, write_script
from tests.conftest import need

STAY = (sys.executable, "-c", "import os, sys, time; print(os.getpid(), *sys.argv[1:], flush=True); time.sleep(600)")
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.argv[1], "word"], stdout=sys.stdout)
time.sleep(600)
"""


def start(launcher: Path) -> tuple[subprocess.Popen[str], int]:
    """Start it below a parent; answer the parent and the agent's pid."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(launcher)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid, word = parent.stdout.readline().split()
    assert word == "word"
    return parent, int(pid)


@pytest.fixture(autouse=True)
def short_interval(monkeypatch):
    monkeypatch.setattr(launchers, "WATCH_SECONDS", 0.1)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="a script for sh")
@pytest.mark.parametrize("tied", [True, False], ids=["by the system", "by a watcher"])
def test_agent_ends_when_its_parent_is_killed(tmp_path: Path, tied: bool) -> None:
    setpriv = find_setpriv()
    need(not tied or setpriv, "setpriv that knows --pdeathsig", "apt-get install util-linux")
    launcher = tmp_path / "an agent"
    launcher.write_text(write_script(STAY, setpriv if tied else None, keep_token=False))
    launcher.chmod(0o700)
    parent, pid = start(launcher)
    assert psutil.Process(pid).ppid() == parent.pid
    parent.kill()
    parent.wait()
    wait_until_gone(pid)
    parent.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="a script for sh")
def test_watcher_ends_with_the_agent(tmp_path: Path) -> None:
    launcher = tmp_path / "agent"
    launcher.write_text(write_script(STAY, None, keep_token=False))
    launcher.chmod(0o700)
    parent, pid = start(launcher)
    children = psutil.Process(parent.pid).children(recursive=True)
    watchers = [child.pid for child in children if child.pid != pid]
    assert watchers
    psutil.Process(pid).kill()
    parent.kill()
    parent.communicate()
    for watcher in watchers:
        wait_until_gone(watcher)


def test_agent_gets_none_of_our_environment_variables(tmp_path: Path, monkeypatch) -> None:
    command = (sys.executable, "-c", "import os; print(sorted(os.environ)); print(os.getcwd())")
    monkeypatch.setenv("SOME_SECRET_OF_OURS", "secret")
    launcher = write_launcher(tmp_path / "tunnel", command, keep_token=False)
    assert launcher.stat().st_mode & 0o777 == 0o700
    for name in ("API_KEY", "DESKHAND_API_KEY", "NGROK_AUTHTOKEN"):
        monkeypatch.setenv(name, "secret")
    output = subprocess.run([launcher], capture_output=True, text=True, check=True).stdout
    assert "'PATH'" in output
    assert "KEY" not in output
    assert "NGROK" not in output
    assert "SOME_SECRET" not in output
    assert output.endswith("\n/\n")
    wrapper = write_launcher(tmp_path / "tunnel", command, keep_token=True)
    assert "NGROK_AUTHTOKEN" in subprocess.run([wrapper], capture_output=True, text=True, check=True).stdout


def test_library_path_of_a_frozen_program_is_not_inherited() -> None:
    assert "LD_LIBRARY_PATH=$LD_LIBRARY_PATH_ORIG" in write_script(("/x/ngrok",), None, keep_token=False, frozen=True)
    assert "LD_LIBRARY_PATH" not in write_script(("/x/ngrok",), None, keep_token=False, frozen=False)


def test_windows_starts_the_agent_itself_and_the_demo_by_a_batch_file(tmp_path: Path) -> None:
    agent = ("C:\\Program Files\\ngrok.exe",)
    assert write_launcher(tmp_path, agent, keep_token=False, system="win32") == Path(agent[0])
    demo = write_launcher(tmp_path, ("C:\\100% mine\\deskhand.exe", "--demo-ngrok"), keep_token=False, system="win32")
    assert demo.name == "agent.cmd"
    assert write_batch(("C:\\100% mine\\deskhand.exe", "--demo-ngrok")) == '@"C:\\100%% mine\\deskhand.exe" "--demo-ngrok" %*\r\n'
