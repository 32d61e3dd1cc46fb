"""Execution of the tray's menu actions."""

import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop.screen import DesktopScreen
from desktop.tray.clipboard import Copy
from desktop.tray.menu import MenuAction
from server.core.errors import DeskhandError

log = logging.getLogger(__name__)
Ask = Callable[[str, str, Any], object]

# The same routes that the window calls.
ROUTES: dict[MenuAction, tuple[str, str, Any]] = {
    MenuAction.open_tunnel: ("POST", "/api/tunnel/open", None),
    MenuAction.close_tunnel: ("POST", "/api/tunnel/close", None),
    MenuAction.pause_quarter: ("POST", "/api/pause", {"minutes": 15}),
    MenuAction.pause_hour: ("POST", "/api/pause", {"minutes": 60}),
    MenuAction.pause: ("POST", "/api/pause", {"minutes": None}),
    MenuAction.resume: ("DELETE", "/api/pause", None),
}
SHOWN = {
    MenuAction.open: "",
    MenuAction.show_approvals: "approvals",
    MenuAction.show_activity: "activity",
    MenuAction.show_update: "settings",
}  # pages


@dataclass(frozen=True)
class MenuActions:
    """`ask` asks the local surface; `copy` puts the address on the clipboard; `refresh` draws the tray anew."""

    screen: DesktopScreen
    logs: Path
    ask: Ask
    end: Callable[[], None]
    refresh: Callable[[], None]
    copy: Copy | None = None
    address: Callable[[], str | None] = lambda: None

    def choose(self, action: MenuAction) -> None:
        """Execute an action without blocking the menu."""
        if action is MenuAction.quit:
            self.end()
        else:
            threading.Thread(target=self.execute, args=(action,), name=f"action: {action}", daemon=True).start()

    def execute(self, action: MenuAction) -> None:
        """Execute an action and report its failure."""
        try:
            self._do(action)
        except DeskhandError as error:
            self._report_failure(error.detail)
        except (OSError, subprocess.SubprocessError) as error:
            self._report_failure(f"That did not work: {error}")

    def _do(self, action: MenuAction) -> None:
        if action in ROUTES:
            self.ask(*ROUTES[action])
        elif action in SHOWN:
            self.screen.show_window(SHOWN[action])
        elif action is MenuAction.open_logs:
            self.screen.open_folder(self.logs)
        elif action in {MenuAction.start_at_login, MenuAction.no_start_at_login}:
            self.screen.set_start_at_login(action is MenuAction.start_at_login)
        elif action is MenuAction.copy and self.copy and (address := self.address()):
            self.copy(address)
        self.refresh()

    def _report_failure(self, sentence: str) -> None:
        log.info("%s", sentence)
        self.screen.notify("Deskhand", sentence)
