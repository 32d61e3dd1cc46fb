"""A start imports only what it needs: what is heavy comes when somebody first uses it."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from desktop.api_client import ApiClient
from server.lifecycle import runtime_file
from tests.conftest import ROOT

STARTS = {
    "with a tray": ["-m", "desktop", "--hidden"],
    "without a screen": ["-m", "desktop", "serve", "--port", "0"],
    "without the desktop": ["-m", "server", "serve", "--port", "0"],
}
WHEN_NEEDED = """
    PIL alembic authlib google googleapiclient google_auth_oauthlib httpcore2 httplib2 httpx2 keyring limits mako mcp oauthlib
    openai packaging plistlib pyngrok pystray regex requests server.access.oauth.routes server.demo.traffic server.local.clients
    server.local.models server.local.overview server.projections.mcp.transport server.public.pages sqlalchemy.dialects.postgresql
    sqlalchemy.orm tarfile tenacity wakepy webbrowser webview yaml
"""
LISTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


def wait_until_loaded(data: Path) -> None:
    """Wait until the integrations are loaded, too."""
    running = runtime_file.read(data)
    assert running
    ends = time.monotonic() + 60
    while ApiClient(running).ask("GET", "/api/status")["sentence"] == "Loading":
        assert time.monotonic() < ends


def imported(words: list[str], data: Path) -> set[str]:
    """Start it, end it as soon as it is on, and tell what Python imported."""
    lines: list[str] = []
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    with subprocess.Popen(
        [sys.executable, *words, "--data-dir", str(data)],
        cwd=ROOT,
        env={**environment, "PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        reading = threading.Thread(target=lambda: lines.append(process.stderr.read()))
        reading.start()
        line = process.stdout.readline()
        wait_until_loaded(data)
        process.terminate()
        reading.join(60)
    assert "Deskhand is running" in line, lines
    return set(LISTED.findall(lines[0]))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of data in which the first start has made the database."""
    data = tmp_path_factory.mktemp("starts")
    assert "alembic" in imported(STARTS["without the desktop"], data)
    return data


@pytest.mark.parametrize("words", STARTS.values(), ids=STARTS)
def test_start_imports_only_needed_modules(words, data):
    modules = imported(words, data)
    assert "fastapi" in modules
    assert sorted(modules & set(WHEN_NEEDED.split())) == []


def test_tray_icon_is_shown_before_the_server_is_imported():
    code = "import sys, desktop.application; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "desktop.application" in modules
    assert not {"fastapi", "pydantic", "sqlalchemy", "uvicorn"} & set(modules)


def test_command_that_needs_a_server_imports_no_framework(tmp_path):
    code = "import sys; from desktop.__main__ import main; sys.argv[1:] = sys.argv[2:]\ntry:\n main()\n"
    code += "except SystemExit:\n pass\nprint(*sys.modules)"
    for words in (["--version"], ["--help"], ["tunnel", "status", "--data-dir", str(tmp_path)]):
        command = [sys.executable, "-c", code, "-", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split()
        assert "click" in done
        assert not {"fastapi", "pydantic", "sqlalchemy", "httpx2", "uvicorn", "alembic"} & set(done), words
