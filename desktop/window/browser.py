"""Shows the window in the browser. The key is in a private file and on no command line."""

import os
import sys
from html import escape
from pathlib import Path

from desktop.api_client import ApiClient
from server.core.command import format_command
from server.core.errors import Unavailable
from server.lifecycle import runtime_file
from server.system.environment import hidden_secrets
from server.system.files import replace_file

NAME = "open-window.html"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<title>Deskhand</title></head><body><form method="post" action="{action}"><input type="hidden" name="key" value="{key}">
<input type="hidden" name="page" value="{page}">
<button>Open Deskhand</button></form><script>document.forms[0].submit()</script></body></html>
"""


def has_screen() -> bool:
    """Return whether a screen is available."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def reach(data: Path) -> ApiClient:
    """Reach the server that runs with this data. Raises Unavailable where none does."""
    running = runtime_file.read(data)
    if running is None:
        raise Unavailable("Deskhand is not running.")
    return ApiClient(running)


def write_entry(data: Path, name: str = "") -> Path:
    """Write the file that enters the window, at the page of this name. It works once, within half a minute.

    Raises OSError or DeskhandError.
    """
    address, key = reach(data).create_entry_key()
    page = data / NAME
    replace_file(page, PAGE.format(action=escape(address), key=escape(key), page=escape(name)).encode())
    return page


def show_in_browser(data: Path, name: str = "") -> bool:
    """Open the window in the browser at a page. Returns False without a browser."""
    return browse(write_entry(data, name).as_uri())


def browse(address: str) -> bool:
    """Open an address in the browser without our secrets in its environment. Returns False without a browser."""
    import webbrowser

    with hidden_secrets():
        return webbrowser.open(address)


def explain_browser_access(data: Path) -> str:
    """Open the page of an instance without a window, or write its entry file. Returns a sentence. Raises as `write_entry`."""
    if has_screen() and show_in_browser(data):
        return "Deskhand is running already, without a window of its own; its page is in your browser."
    return (
        "Deskhand is running already, without a window. Its page opens with this file in a browser of this computer, once and "
        f"within half a minute: {write_entry(data).as_uri()}\nThe command line does the same: {format_command('--help')}"
    )
