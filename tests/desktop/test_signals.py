import signal
import subprocess
import sys

import pytest

# The main thread waits for a lock, where no handler of Python's own would run on every system.
PROGRAM = """
import sys, threading
from desktop.signals import Signals
asked = threading.Event()
signals = Signals(asked.set)
signals.listen()
{more}
print("listening", flush=True)
asked.wait()
print("asked", flush=True)
"""
TOOLKIT = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); signals.take()"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("more", ["", TOOLKIT])
def test_signal_is_received_while_the_main_thread_is_blocked(root, name, more):
    command = [sys.executable, "-c", PROGRAM.format(more=more)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        process.send_signal(getattr(signal, name))
        assert process.communicate(timeout=60)[0] == "asked\n"
    assert process.returncode == 0
