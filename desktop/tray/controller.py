"""Connects the tray with the status of the server and with the actions of its menu."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop.api_client import ApiClient
from desktop.screen import DesktopScreen
from desktop.tray.actions import MenuActions
from desktop.tray.backends import Gtk
from desktop.tray.clipboard import find_copier
from desktop.tray.menu import MenuAction
from desktop.tray.status import Status, read_status
from desktop.tray.tray import Tray, open_tray


@dataclass
class TrayController:
    """`reach` finds the running server; `end` ends the program. Any thread may use it, but for `open` and `run`."""

    screen: DesktopScreen
    logs: Path
    reach: Callable[[], ApiClient]
    end: Callable[[], None]
    status: Status = field(default_factory=Status)
    tray: Tray | None = None
    actions: MenuActions = field(init=False)

    def __post_init__(self) -> None:
        self.actions = MenuActions(self.screen, self.logs, self._ask, self.end, self._refresh)
        self.screen.tell = self.notify

    def open(self) -> None:
        """Create the icon. Raises NoTray."""
        self.tray = open_tray(self._choose, self.status)
        copy = find_copier(has_gtk_loop=isinstance(self.tray.backend, Gtk))
        self.actions = replace(self.actions, copy=copy, address=lambda: self.status.address)

    def run(self, on_icon: Callable[[], None], on_loop: Callable[[], None]) -> None:
        """Run the icon on the main thread until `close`."""
        if self.tray:
            self.tray.run(on_icon, on_loop)

    def close(self) -> None:
        """End `run`."""
        if self.tray:
            self.tray.stop()

    def show(self, answer: dict[str, Any]) -> None:
        """Show the response of /api/status."""
        status = read_status(self.status, answer)
        self.status = replace(status, can_copy=self.actions.copy is not None, starts_at_login=self.screen.starts_at_login())
        if self.tray:
            self.tray.show(self.status)

    def notify(self, title: str, text: str) -> None:
        """Show a notification if there is a tray."""
        if self.tray:
            self.tray.notify(title, text)

    def lacks_host(self) -> bool:
        """Return whether there is an icon but no tray that shows it."""
        return self.tray is not None and self.tray.backend.has_host() is False

    def _ask(self, method: str, path: str, body: Any) -> None:
        self.reach().ask(method, path, body)

    def _refresh(self) -> None:
        local = self.reach()
        self.show(local.ask("GET", "/api/status"))

    def _choose(self, action: MenuAction) -> None:
        if action is MenuAction.copy:
            self.status = replace(self.status, copied=self.status.address)
        self.actions.choose(action)
