"""The error dialog, in a process of its own: `deskhand --error-dialog`, with the text on its standard input.

A failed start ends immediately with its exit code and releases its folder's lock; the dialog stays until it is closed.
"""

import ctypes
import json
import shutil
import subprocess
import sys
from contextlib import suppress

from desktop.relaunch import relaunch_command
from desktop.screen import start_detached
from desktop.toolkit import find_gtk
from desktop.window.browser import has_screen
from server.core.invisible import make_visible
from server.system.environment import clean_environment

TITLE = "Deskhand"
WINDOWS_ICON, WINDOWS_TO_FRONT = 0x10, 0x10000  # MB_ICONERROR, MB_SETFOREGROUND
TOOLS = (  # without GTK's bindings: what desktops bring, each with the text after its last argument
    ("zenity", "--error", "--no-markup", f"--title={TITLE}", "--text"),
    ("kdialog", f"--title={TITLE}", "--error"),
    ("xmessage", "-center", "-title", TITLE),
    ("notify-send", "--urgency=critical", TITLE),
)


def show_error(text: str) -> None:
    """Show a text in the dialog, if there is a screen."""
    if has_screen():
        with suppress(OSError):  # it is on stderr too
            start_detached(relaunch_command("--error-dialog"), make_visible(text, lines=True))


def run(platform: str = sys.platform) -> None:
    """Show the text from standard input until the person closes the dialog."""
    text = sys.stdin.buffer.read().decode()
    if platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, text, TITLE, WINDOWS_ICON | WINDOWS_TO_FRONT)  # type: ignore[attr-defined,unused-ignore]
    elif platform == "darwin":
        quoted = json.dumps(text, ensure_ascii=False)  # AppleScript escapes as JSON does
        run_tool(["osascript", "-"], f'display alert "{TITLE}" message {quoted} as critical')
    elif not show_gtk(text):
        tool = next((tool for tool in TOOLS if shutil.which(tool[0])), None)
        if tool:
            run_tool([*tool, text])


def run_tool(command: list[str], text: str = "") -> None:
    """Run a program of the system, with a text on its standard input, until it ends."""
    subprocess.run(command, input=text.encode(), env=clean_environment(), check=False, capture_output=True)  # noqa: S603, the system's own


def show_gtk(text: str) -> bool:
    """Show the dialog with GTK. False: it is not there."""
    gtk = find_gtk()
    if gtk is None:
        return False
    kind = {"message_type": gtk.MessageType.ERROR, "buttons": gtk.ButtonsType.CLOSE}
    dialog = gtk.MessageDialog(text=TITLE, secondary_text=text, **kind)
    dialog.set_title(TITLE)
    dialog.set_position(gtk.WindowPosition.CENTER)
    dialog.run()
    return True
