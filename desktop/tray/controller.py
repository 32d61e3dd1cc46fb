"""What the person sees of a running Deskhand outside of its window: the tray, what it shows, and what is chosen there."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop.api_client import Local
from desktop.screen import DesktopScreen
from desktop.tray.actions import Wishes
from desktop.tray.backends import Gtk
from desktop.tray.clipboard import find_copier
from desktop.tray.menu import Wish
from desktop.tray.status import Status, read_status
from desktop.tray.tray import Tray, open_tray


@dataclass
class Front:
    """`reach` finds the running server; `end` ends the program. Any thread may use it, but for `open` and `run`."""

    screen: DesktopScreen
    logs: Path
    reach: Callable[[], Local]
    end: Callable[[], None]
    status: Status = field(default_factory=Status)
    tray: Tray | None = None
    wishes: Wishes = field(init=False)

    def __post_init__(self) -> None:
        self.wishes = Wishes(self.screen, self.logs, self._ask, self.end, self._look_again)
        self.screen.tell = self.notify

    def open(self) -> None:
        """Make the icon. Raises NoTray."""
        self.tray = open_tray(self._choose, self.status)
        copy = find_copier(has_gtk_loop=isinstance(self.tray.backend, Gtk))
        self.wishes = replace(self.wishes, copy=copy, address=lambda: self.status.address)

    def run(self, on_icon: Callable[[], None], on_loop: Callable[[], None]) -> None:
        """Serve the icon, on the main thread, until `close`."""
        if self.tray:
            self.tray.run(on_icon, on_loop)

    def close(self) -> None:
        """End `run`."""
        if self.tray:
            self.tray.stop()

    def show(self, answer: dict[str, Any]) -> None:
        """Show what /api/status answered."""
        status = read_status(self.status, answer)
        self.status = replace(status, can_copy=self.wishes.copy is not None, starts_at_login=self.screen.starts_at_login())
        if self.tray:
            self.tray.show(self.status)

    def notify(self, title: str, text: str) -> None:
        """Show a notification, where there is a tray to show it from."""
        if self.tray:
            self.tray.notify(title, text)

    def lacks_host(self) -> bool:
        """Whether there is an icon and nothing that would show it."""
        return self.tray is not None and self.tray.backend.has_host() is False

    def _ask(self, method: str, path: str, body: Any) -> None:
        self.reach().ask(method, path, body)

    def _look_again(self) -> None:
        local = self.reach()
        self.show(local.ask("GET", "/api/status"))

    def _choose(self, wish: Wish) -> None:
        if wish is Wish.copy:
            self.status = replace(self.status, copied=self.status.address)
        self.wishes.choose(wish)
