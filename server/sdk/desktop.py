"""The desktop, as the server uses it. Without one, each request fails with a sentence."""

from pathlib import Path
from typing import Protocol

from server.core.command import format_command
from server.core.errors import Unavailable

SHOW_NOTIFICATION = "show a notification"  # name of the background tasks that do


class Screen(Protocol):
    """A person's desktop. Each method may block for a moment and may be called on any thread, but not on the event loop.

    `notice`: a sentence about this desktop for the window.
    """

    notice: str | None

    def notify(self, title: str, text: str) -> None:
        """Show a notification, or do nothing without a screen."""

    def open_address(self, address: str) -> None:
        """Open an address in the person's browser. Raises Unavailable if there is no browser."""

    def open_folder(self, folder: Path) -> None:
        """Show a folder in the file manager. Raises Unavailable if there is none."""

    def choose_file(self, kind: str = "file") -> Path | None:
        """Let the person choose a "file" or a "folder" in the system's dialog, and wait for them; None if they cancel.

        Raises Unavailable if Deskhand's own window is not open, and Conflict while another dialog is. For routes:
        `sdk.file_dialog.choose_file`.
        """

    def show_window(self, page: str = "") -> None:
        """Show Deskhand's window, or bring it to the front, at a page of it. Raises Unavailable if it cannot be shown."""

    def start_demo(self) -> None:
        """Start the demo beside this program, with data of its own. Raises Unavailable without a screen."""

    def starts_at_login(self) -> bool | None:
        """Read whether Deskhand starts when the person signs in to their computer. None: not supported here."""

    def set_start_at_login(self, wanted: bool) -> None:
        """Turn starting at login on or off. Raises Unavailable if that is not supported."""


class NoScreen:
    """A computer without a screen."""

    notice: str | None = None

    def notify(self, title: str, text: str) -> None:
        pass

    def open_address(self, address: str) -> None:
        raise Unavailable(f"There is no screen here. Open this address yourself: {address}")

    def open_folder(self, folder: Path) -> None:
        raise Unavailable(f"There is no screen here. The folder is {folder}")

    def choose_file(self, kind: str = "file") -> Path | None:  # noqa: ARG002, there is nobody to ask
        raise Unavailable("There is no screen here to choose a file on. Give its path to the command line.")

    def show_window(self, page: str = "") -> None:  # noqa: ARG002, there is none to show
        raise Unavailable(f"There is no screen here. The command line does what the window does: {format_command('--help')}")

    def start_demo(self) -> None:
        raise Unavailable(f"There is no screen here. Start the demo yourself: {format_command('serve --demo')}")

    def starts_at_login(self) -> bool | None:
        return None

    def set_start_at_login(self, wanted: bool) -> None:
        if wanted:
            raise Unavailable(f"There is no screen here to sign in at. Let a system service run `{format_command('serve')}`.")
