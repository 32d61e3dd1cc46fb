"""The desktop of this computer, for the server."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from desktop import autostart
from desktop.relaunch import relaunch_command, relaunch_environment
from desktop.window.browser import browse, has_screen
from desktop.window.window import Window
from server.core.command import format_command
from server.core.errors import Unavailable
from server.system.environment import clean_environment, hidden_secrets


@dataclass
class DesktopScreen:
    """The desktop of this computer. `own_data`: the data directory that the person chose, if any."""

    window: Window
    own_data: Path | None = None
    demo: bool = False
    tell: Callable[[str, str], None] = lambda *_: None  # until there is a tray
    notice: str | None = None

    def notify(self, title: str, text: str) -> None:
        self.tell(title, text)

    def open_address(self, address: str) -> None:
        if not has_screen() or not browse(address):
            raise Unavailable(f"No browser could be opened. Open this address yourself: {address}")

    def open_folder(self, folder: Path) -> None:
        try:
            if not has_screen():
                raise FileNotFoundError(folder)
            open_folder(folder)
        except (OSError, subprocess.SubprocessError):
            raise Unavailable(f"No file manager could be opened. The folder is {folder}") from None

    def choose_file(self, kind: str = "file") -> Path | None:
        return self.window.choose_file(kind)

    def show_window(self, page: str = "") -> None:
        self.window.show(page)

    def start_demo(self) -> None:
        if not has_screen():
            raise Unavailable(f"There is no screen here. Start the demo yourself: {format_command('serve --demo')}")
        try:
            start_detached(relaunch_command("--demo", *(["--data-dir", str(self.own_data / "demo")] if self.own_data else [])))
        except OSError as error:
            raise Unavailable(
                f"The demo could not be started ({error}). Start it yourself: {format_command('--demo')}"
            ) from error

    def starts_at_login(self) -> bool | None:
        return autostart.is_on() if autostart.can() and not self.demo else None

    def set_start_at_login(self, wanted: bool) -> None:
        if wanted and self.starts_at_login() is None:
            raise Unavailable("The demo does not start at login." if self.demo else "There is no screen here to sign in at.")
        autostart.set_on(wanted, self.own_data)


def open_folder(folder: Path, platform: str = sys.platform) -> None:
    """Show a folder in the file manager. Raises OSError or subprocess.SubprocessError."""
    if platform == "win32":
        with hidden_secrets():
            os.startfile(folder)  # type: ignore[attr-defined,unused-ignore] # noqa: S606, a folder of our own
        return
    command = ["open" if platform == "darwin" else "xdg-open", str(folder)]
    subprocess.run(command, check=True, timeout=20, env=clean_environment(), capture_output=True)  # noqa: S603, the system's own


def start_detached(command: list[str], text: str = "") -> None:
    """Start a program that outlives this one, with `text` on its standard input. Raises OSError."""
    detached = {"start_new_session": True} if os.name != "nt" else {"creationflags": 0x00000008 | 0x00000200}
    process = subprocess.Popen(  # noqa: S603, our own command
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=relaunch_environment(os.environ),
        encoding="utf-8",
        errors="replace",
        **detached,
    )
    if process.stdin:
        with suppress(OSError), process.stdin as pipe:  # it may have ended already
            pipe.write(text)
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()  # reaps the process
