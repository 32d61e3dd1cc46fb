"""What only a desktop can do, as the server asks for it. Where there is none, each wish is answered with a sentence."""

from pathlib import Path
from typing import Protocol

from server.errors import Unavailable


class Screen(Protocol):
    """A person's desktop."""

    def notify(self, title: str, text: str) -> None:
        """Show a notification, or do nothing where nobody can see it."""

    def open_address(self, address: str) -> None:
        """Open an address in the person's browser. Raises Unavailable where there is no browser to open."""

    def open_folder(self, folder: Path) -> None:
        """Show a folder in the file manager. Raises Unavailable where there is none."""


class NoScreen:
    """A computer without a screen."""

    def notify(self, title: str, text: str) -> None:
        pass

    def open_address(self, address: str) -> None:
        raise Unavailable(f"There is no screen here. Open this address yourself: {address}")

    def open_folder(self, folder: Path) -> None:
        raise Unavailable(f"There is no screen here. The folder is {folder}")
