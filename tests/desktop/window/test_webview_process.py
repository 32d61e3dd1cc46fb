"""The window's own process, in a real web view."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop.window.webview_process import CRASHED, read_address
from tests.conftest import ROOT
from tests.desktop.display import until

pytestmark = pytest.mark.timeout(240)
HERE = Path(__file__).resolve().parents[1]


@pytest.fixture
def site(display):
    """A page that asks for a file: its address, and what it tells."""
    process = display.keep(sys.executable, "-u", str(HERE / "served.py"), name="served")
    text = display.folder / "served.txt"
    port = until(lambda: text.read_text().partition("\n")[0] or process.poll(), "the page is served")
    return f"http://127.0.0.1:{port}/", lambda: [json.loads(line) for line in text.read_text().splitlines()[1:]]


@pytest.fixture
def window(display):
    """The window's process, as the program starts it."""
    log = display.stack.enter_context((display.folder / "window.txt").open("w"))
    process = display.stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "desktop", "--window", "Asking"],
            cwd=ROOT,
            env=display.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    )
    display.stack.callback(process.kill)
    return process


def say(window, line: str) -> None:
    window.stdin.write(f"{line}\n")
    window.stdin.flush()


def write_path(display, path: Path) -> None:
    """Write a path into GTK's dialog: its first letter opens the field, and what comes before that is there gets lost."""
    until(lambda: is_still(display), "the dialog is drawn")
    before = display.picture()
    display.run("xdotool", "key", "slash")
    until(lambda: display.picture() != before and is_still(display), "the field is there")
    display.run("xdotool", "type", "--delay", "20", str(path)[1:])


def is_still(display) -> bool:
    """Return whether the screen is still."""
    before = display.picture()
    return all(display.picture() == before for _ in range(4))


def test_page_gets_a_chosen_file_under_the_strictest_policy(display, site, window, tmp_path):
    address, text = site
    program = tmp_path / "a program's name.sh"
    program.touch()
    say(window, f"show {address}")
    assert window.stdout.readline() == "shown\n"
    until(lambda: {"offered": ["choose_file"]} in text(), "the page is offered a dialog, and nothing else")
    until(lambda: len(display.windows()) > 1 and display.active() != "Asking", "the dialog opens")
    write_path(display, program)
    display.run("xdotool", "key", "--delay", "100", "Return")
    until(lambda: {"chosen": str(program)} in text() or display.run("xdotool", "key", "Return"), "the page knows the file")
    assert not [what for what in text() if "violation" in what]
    assert "Error" not in (tmp_path / "window.txt").read_text()


def test_program_gets_a_file_that_it_asks_for(display, site, window, tmp_path):
    export = tmp_path / "an export.zip"
    export.touch()
    say(window, f"show {site[0]}")
    until(lambda: len(display.windows()) > 1 and display.active() != "Asking", "the page's own dialog opens")
    display.run("xdotool", "key", "Escape")
    until(lambda: display.active() == "Asking", "it is closed")
    assert window.stdout.readline() == "shown\n"
    say(window, "choose file")
    until(lambda: len(display.windows()) > 1 and display.active() != "Asking", "the dialog opens")
    write_path(display, export)
    display.run("xdotool", "key", "--delay", "100", "Return")
    assert json.loads(window.stdout.readline().partition("chosen ")[2]) == str(export)


def test_window_process_ends_with_its_parent(display, site, window):
    say(window, f"show {site[0]}")
    until(lambda: "Asking" in display.windows(), "the window opens")
    window.stdin.close()
    assert window.wait(30) == 0


def test_window_process_ends_with_its_web_process(site, window):
    say(window, f"show {site[0]}")
    assert window.stdout.readline() == "shown\n"
    until(site[1], "the page is there")
    for process in psutil.Process(window.pid).children(recursive=True):
        if process.name().startswith("WebKitWebProc"):
            process.kill()
    assert window.wait(30) == CRASHED


def test_window_process_without_input_shows_nothing(window):
    window.stdin.close()
    assert window.wait(30) == 0


@pytest.mark.parametrize("key", ["ctrl+w", "ctrl+q"])
def test_window_closes_with_the_keyboard(display, site, window, key):
    say(window, f"show {site[0]}")
    until(lambda: display.active() == "Asking", "the window opens")
    until(lambda: window.poll() is not None or display.run("xdotool", "key", key), "the window is closed")
    assert window.returncode == 0


@pytest.mark.parametrize(
    ("line", "address"),
    [("show http://a/", "http://a/"), ("show", None), ("show #approvals", "#approvals"), ("load http://a/", None)],
)
def test_command_line_is_parsed(line, address):
    assert read_address(line) == address
