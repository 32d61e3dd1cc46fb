"""Copies text to the clipboard without a focused window."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

from desktop.toolkit import find_gtk
from server.system.environment import clean_environment

Copy = Callable[[str], None]
SECONDS = 5.0


def find_copier(*, has_gtk_loop: bool, platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Copy | None:
    """Find a way to copy, None if there is none. `has_gtk_loop`: GTK runs and holds the copied text."""
    if platform == "win32":
        return lambda text: run(["clip.exe"], text.encode("utf-16"))
    if platform == "darwin":
        return lambda text: run(["pbcopy"], text.encode())
    if environment.get("WAYLAND_DISPLAY"):  # there, only who has the keyboard may copy; this program asks for it
        return (lambda text: run(["wl-copy"], text.encode())) if shutil.which("wl-copy") else None
    return copy_with_gtk if has_gtk_loop else None


def run(command: list[str], text: bytes) -> None:
    """Pipe a text to a program. Raises OSError or subprocess.SubprocessError."""
    subprocess.run(command, input=text, check=True, timeout=SECONDS, env=clean_environment(), stdout=subprocess.DEVNULL)  # noqa: S603, one of those above


def copy_with_gtk(text: str) -> None:
    """Copy with GTK, whose loop runs on the main thread."""
    from gi.repository import GLib

    gtk = find_gtk()

    def copy() -> bool:
        from gi.repository import Gdk

        clipboard = gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        clipboard.set_text(text, -1)
        clipboard.store()
        return False

    GLib.idle_add(copy)
