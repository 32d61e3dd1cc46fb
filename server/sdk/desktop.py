"""What only a desktop can do, as the server asks for it. Where there is none, each wish is answered with a sentence."""

from pathlib import Path
from typing import Protocol

from server.core.errors import Unavailable

SHOW_NOTIFICATION = "show a notification"  # name of the background tasks that do


class Screen(Protocol):
    """A person's desktop. Every wish may block for a moment, so it is made in a thread, and on any thread.

    `notice`: what the window is to tell of this desktop, in a sentence.
    """

    notice: str | None

    def notify(self, title: str, text: str) -> None:
        """Show a notification, or do nothing where nobody can see it."""

    def open_address(self, address: str) -> None:
        """Open an address in the person's browser. Raises Unavailable where there is no browser to open."""

    def open_folder(self, folder: Path) -> None:
        """Show a folder in the file manager. Raises Unavailable where there is none."""

    def show_window(self, page: str = "") -> None:
        """Show Deskhand's window, or bring it to the front, at a page of it. Raises Unavailable where it cannot be shown."""

    def start_demo(self) -> None:
        """Start the demo beside this program, with data of its own. Raises Unavailable where there is no screen to show it."""

    def starts_at_login(self) -> bool | None:
        """Tell whether Deskhand starts when the person signs in to their computer. None: it cannot do that here."""

    def set_start_at_login(self, wanted: bool) -> None:
        """Have Deskhand start at login, or no longer. Raises Unavailable where it cannot do that."""


class NoScreen:
    """A computer without a screen."""

    notice: str | None = None

    def notify(self, title: str, text: str) -> None:
        pass

    def open_address(self, address: str) -> None:
        raise Unavailable(f"There is no screen here. Open this address yourself: {address}")

    def open_folder(self, folder: Path) -> None:
        raise Unavailable(f"There is no screen here. The folder is {folder}")

    def show_window(self, page: str = "") -> None:  # noqa: ARG002, there is none to show
        raise Unavailable("Deskhand runs here without a screen. The command line does what the window does: deskhand --help")

    def start_demo(self) -> None:
        raise Unavailable("There is no screen here. Start the demo yourself: deskhand serve --demo")

    def starts_at_login(self) -> bool | None:
        return None

    def set_start_at_login(self, wanted: bool) -> None:
        if wanted:
            raise Unavailable("There is no screen here to sign in at. Let the system's services start `deskhand serve`.")
