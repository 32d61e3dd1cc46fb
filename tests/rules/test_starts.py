"""A start imports only what it needs: what is heavy comes when somebody first uses it."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import ROOT

STARTS = {
    "with a tray": ["-m", "desktop", "--hidden"],
    "without a screen": ["-m", "desktop", "serve", "--port", "0"],
    "without the desktop": ["-m", "server", "serve", "--port", "0"],
}
WHEN_NEEDED = """
    PIL alembic authlib google googleapiclient google_auth_oauthlib httpcore2 httplib2 httpx2 keyring limits mako mcp oauthlib
    openai packaging plistlib pyngrok pystray requests server.demo.traffic sqlalchemy.dialects.postgresql sqlalchemy.orm tarfile
    tenacity wakepy webbrowser webview yaml
"""
LISTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


def imported(words: list[str], data: Path) -> set[str]:
    """Start it, end it as soon as it is on, and tell what Python imported."""
    told: list[str] = []
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    with subprocess.Popen(
        [sys.executable, *words, "--data-dir", str(data)],
        cwd=ROOT,
        env={**environment, "PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        reading = threading.Thread(target=lambda: told.append(process.stderr.read()))
        reading.start()
        said = process.stdout.readline()
        process.terminate()
        reading.join(60)
    assert "Deskhand is on" in said, told
    return set(LISTED.findall(told[0]))


@pytest.mark.parametrize("words", STARTS.values(), ids=STARTS)
def test_a_start_imports_nothing_that_it_does_not_need(words, tmp_path):
    assert "alembic" in imported(words, tmp_path)  # which makes the database at the first one
    found = imported(words, tmp_path)
    assert "fastapi" in found
    assert sorted(found & set(WHEN_NEEDED.split())) == []


def test_the_icon_is_there_before_the_server_is_imported():
    code = "import sys, desktop.application; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "desktop.application" in found
    assert not {"fastapi", "pydantic", "sqlalchemy", "uvicorn"} & set(found)
