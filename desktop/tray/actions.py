"""What happens when a person chooses a line of the tray's menu."""

import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop.screen import DesktopScreen
from desktop.tray.clipboard import Copy
from desktop.tray.menu import Wish
from server.core.errors import DeskhandError

log = logging.getLogger(__name__)
Ask = Callable[[str, str, Any], object]

# The same routes that the window calls.
ROUTES: dict[Wish, tuple[str, str, Any]] = {
    Wish.open_tunnel: ("POST", "/api/tunnel/open", None),
    Wish.close_tunnel: ("POST", "/api/tunnel/close", None),
    Wish.pause_quarter: ("POST", "/api/pause", {"minutes": 15}),
    Wish.pause_hour: ("POST", "/api/pause", {"minutes": 60}),
    Wish.pause: ("POST", "/api/pause", {"minutes": None}),
    Wish.resume: ("DELETE", "/api/pause", None),
}
SHOWN = {Wish.open: "", Wish.show_approvals: "approvals", Wish.show_activity: "activity", Wish.show_update: "settings"}  # pages


@dataclass(frozen=True)
class Wishes:
    """`ask` asks the local surface; `copy` puts the address on the clipboard; `look_again` draws the tray anew."""

    screen: DesktopScreen
    logs: Path
    ask: Ask
    end: Callable[[], None]
    look_again: Callable[[], None]
    copy: Copy | None = None
    address: Callable[[], str | None] = lambda: None

    def choose(self, wish: Wish) -> None:
        """Do it, without holding up the menu."""
        if wish is Wish.quit:
            self.end()
        else:
            threading.Thread(target=self.fulfil, args=(wish,), name=f"wish: {wish}", daemon=True).start()

    def fulfil(self, wish: Wish) -> None:
        """Do it; where it fails, say why."""
        try:
            self._do(wish)
        except DeskhandError as error:
            self._regret(error.detail)
        except (OSError, subprocess.SubprocessError) as error:
            self._regret(f"That did not work: {error}")

    def _do(self, wish: Wish) -> None:
        if wish in ROUTES:
            self.ask(*ROUTES[wish])
        elif wish in SHOWN:
            self.screen.show_window(SHOWN[wish])
        elif wish is Wish.open_logs:
            self.screen.open_folder(self.logs)
        elif wish in {Wish.start_at_login, Wish.no_start_at_login}:
            self.screen.set_start_at_login(wish is Wish.start_at_login)
        elif wish is Wish.copy and self.copy and (address := self.address()):
            self.copy(address)
        self.look_again()

    def _regret(self, sentence: str) -> None:
        log.info("%s", sentence)
        self.screen.notify("Deskhand", sentence)
