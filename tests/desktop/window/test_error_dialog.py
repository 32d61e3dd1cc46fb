import ctypes
import io
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from desktop.window.error_dialog import run, show_error
from tests.conftest import ROOT
from tests.desktop.display import until

DAMAGED = "Deskhand's data is damaged. Quit Deskhand and restore a backup."
FAILURES = {
    "the demo's data": ("demo", "is the demo's. Start with --demo, or give another folder with --data-dir."),
    "a damaged database": ("deskhand.db", DAMAGED),
    "a folder that cannot be used": ("files", "data/files cannot be used (File exists). Check that it is yours."),
}


@pytest.mark.parametrize(("name", "sentence"), FAILURES.values(), ids=FAILURES)
def test_failed_start_is_shown_in_a_dialog_that_stays_until_it_is_closed(display, reader, name, sentence):
    display.data.mkdir(mode=0o700)
    (display.data / name).write_text("no database")
    program = display.launch("--data-dir", str(display.data))
    assert program.ended_with() == 1
    assert program.output.count(sentence) == 1
    reader.hears(sentence)
    assert display.windows().count("Deskhand") == 1
    until(lambda: display.active() == "Deskhand", "the dialog is in front")
    display.run("xdotool", "key", "Escape")
    until(lambda: not display.processes(), "no process is left")


def test_window_that_cannot_be_shown_is_reported_in_a_dialog(display, reader):
    (display.data / "logs" / "window.log").mkdir(parents=True)
    program = display.start()
    reader.hears("The command line does the same: deskhand --help")
    program.wait_for("The command line does the same: deskhand --help")
    program.process.terminate()
    assert program.ended_with() == 0


def test_dialog_is_a_tool_of_the_desktop_without_gtk(tmp_path):
    tool = tmp_path / "kdialog"
    tool.write_text(f'#!/bin/sh\nprintf "%s|" "$@" "$DESKHAND_API_KEY" > {tmp_path}/shown\n')
    tool.chmod(0o755)
    without = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment = {**without, "PATH": f"{tmp_path}{os.pathsep}{os.defpath}", "DESKHAND_API_KEY": "secret"}
    command = [sys.executable, "-m", "desktop", "--error-dialog"]
    subprocess.run(command, cwd=ROOT, env=environment, input=f"{DAMAGED}\nÄ", text=True, encoding="utf-8", check=True)
    assert (tmp_path / "shown").read_text(encoding="utf-8") == f"--title=Deskhand|--error|{DAMAGED}\nÄ||"


def test_macos_and_windows_have_their_own_dialogs(monkeypatch):
    shown = []
    boxes = SimpleNamespace(MessageBoxW=lambda *given: shown.append(given))
    monkeypatch.setattr(subprocess, "run", lambda command, **given: shown.append((command, given["input"].decode())))
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(user32=boxes), raising=False)
    for platform in ("darwin", "win32"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'It says "no", in ~\\x.')))
        run(platform)
    script = 'display alert "Deskhand" message "It says \\"no\\", in ~\\\\x." as critical'
    assert shown == [(["osascript", "-"], script), (None, 'It says "no", in ~\\x.', "Deskhand", 0x10010)]


def test_error_is_shown_nowhere_without_a_screen(monkeypatch):
    started = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **_: started.append(given))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    show_error(DAMAGED)
    assert started == []
