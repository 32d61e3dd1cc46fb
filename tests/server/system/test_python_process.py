import subprocess
import sys

from server.system.python_process import FLAG, module_command


def test_module_runs_as_a_program_of_its_own() -> None:
    done = subprocess.run(module_command("server.core.version"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_frozen_program_runs_the_module_itself() -> None:
    assert module_command("server.x", frozen=True) == [sys.executable, FLAG, "server.x"]
