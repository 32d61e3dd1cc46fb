import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_program_says_where_it_is_and_ends_with_0(tmp_path: Path, name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"PORT", "HOST", "API_KEY", "DESKHAND_API_KEY"}}
    command = [sys.executable, "-m", "desktop", "--demo", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(3)]
    assert "demo mode" in lines[0]
    assert "http://127.0.0.1:" in lines[1]
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate()
    watchdog.cancel()
    assert (process.returncode, errors) == (0, "")
