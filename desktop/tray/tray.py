"""The tray icon and its menu, drawn with pystray."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from desktop.toolkit import find_gtk
from desktop.tray.backends import Backend, backend_of
from desktop.tray.icon import StatusLevel, draw
from desktop.tray.menu import SEPARATOR, MenuAction, MenuItem, menu
from desktop.tray.status import Status
from desktop.window.browser import has_screen

if TYPE_CHECKING:
    import pystray

log = logging.getLogger(__name__)
CHOICE = "PYSTRAY_BACKEND"  # pystray's own variable
SECONDS_BETWEEN = 0.3  # between two drawings
LONGEST_TITLE = 120  # Windows takes no more


class TrayUnavailable(Exception):
    """No tray icon can be shown; the message says why."""


@dataclass
class Tray:
    """An icon. `run` has the main thread; everything else may be called on any thread."""

    choose: Callable[[MenuAction], None]
    status: Status
    icon: Any
    backend: Backend
    _drawn: tuple[tuple[StatusLevel, bool], list[MenuItem]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _due: threading.Timer | None = None
    _ended: bool = False

    def run(self, on_visible: Callable[[], None], on_loop: Callable[[], None]) -> None:
        """Show the icon and serve it until `stop`. `on_loop` is called on the main thread once the toolkit is set up."""

        def set_up(_: object) -> None:
            self.backend.wait_for_host()
            if not self._ended:
                self.backend.call(lambda: setattr(self.icon, "visible", True))
                on_visible()

        try:
            self.backend.run(set_up, on_loop)
        except Exception:
            log.exception("The icon in the tray is gone.")
        finally:
            self._ended = True

    def stop(self) -> None:
        """End `run`."""
        self._ended = True
        if self._due:
            self._due.cancel()
        self.backend.stop()

    def show(self, status: Status) -> None:
        """Show a status; statuses in quick succession are drawn once."""
        with self._lock:
            self.status = status
            if self._due is None and not self._ended:
                self._due = threading.Timer(SECONDS_BETWEEN, self._draw_later)
                self._due.daemon = True
                self._due.start()

    def notify(self, title: str, text: str) -> None:
        """Show a notification if the desktop supports it."""
        if self.icon.HAS_NOTIFICATION and not self._ended:
            with suppress(Exception):  # a notification that cannot be shown is dropped
                self.backend.notify(title or "Deskhand", text)

    def _draw_later(self) -> None:
        with self._lock:
            self._due = None
        self.backend.call(self._draw)

    def _draw(self) -> None:
        try:
            self._draw_what_changed()
        except Exception:
            log.exception("The icon in the tray could not be drawn.")

    def _draw_what_changed(self) -> None:
        """Redraw changed parts. An open menu is redrawn once it is closed."""
        status, lines = self.status, menu(self.status)
        level, waiting = picture = status.level, status.waiting > 0
        drawn, self._drawn = self._drawn, (picture, lines)
        if drawn is None or drawn[0] != picture:
            self.icon.icon = draw(level, waiting=waiting, ground=self.backend.ground)
        if drawn is None or drawn[1] != lines:
            if self.backend.menu_is_open():
                self._drawn = (picture, drawn[1] if drawn else [])
                self.show(status)
                return
            self.icon.title = self.backend.spell(title_of(lines))
            self.icon.menu = build(lines, self.choose)


def title_of(lines: list[MenuItem]) -> str:
    """Tooltip of the icon."""
    return f"Deskhand: {lines[0].text}"[:LONGEST_TITLE]


def open_tray(choose: Callable[[MenuAction], None], status: Status) -> Tray:
    """Create the icon, which is visible once it runs. Raises NoTray."""
    if not has_screen():
        raise TrayUnavailable("There is no screen here.")
    pystray = import_pystray()
    lines = menu(status)
    try:
        icon = pystray.Icon("deskhand", draw(status.level), "Deskhand", build(lines, choose))
    except Exception as error:
        raise TrayUnavailable(f"No icon can be shown in a tray here ({error}).") from error
    backend = backend_of(icon)
    icon.icon = draw(status.level, ground=backend.ground)
    return Tray(choose, status, icon, backend)


def import_pystray() -> Any:
    """Import pystray with the first backend that works. Raises TrayUnavailable if none does."""
    if sys.platform not in {"win32", "darwin"}:
        find_gtk()
    chosen, reasons = os.environ.get(CHOICE), []
    for name in (chosen,) if chosen else (None, "gtk", "xorg"):
        if name:
            os.environ[CHOICE] = name
        try:
            import pystray
        except Exception as error:  # noqa: BLE001, each toolkit fails in a way of its own
            reasons.append(str(error))
            for module in [module for module in sys.modules if module.partition(".")[0] == "pystray"]:
                del sys.modules[module]  # so that it can be imported again
        else:
            return pystray
        finally:
            restore(chosen)
    raise TrayUnavailable(f"No icon can be shown in a tray here ({'; '.join(reasons)}).")


def restore(chosen: str | None) -> None:
    """Restore the environment variable for child processes."""
    if chosen is None:
        os.environ.pop(CHOICE, None)
    else:
        os.environ[CHOICE] = chosen


def build(lines: list[MenuItem], choose: Callable[[MenuAction], None]) -> "pystray.Menu":
    """Convert menu items to pystray's menu."""
    import pystray

    return pystray.Menu(*(build_line(line, choose) for line in lines))


def build_line(line: MenuItem, choose: Callable[[MenuAction], None]) -> Any:
    """Convert a menu item."""
    import pystray

    if line is SEPARATOR:
        return pystray.Menu.SEPARATOR
    below, action = build(list(line.below), choose) if line.below else None, line.action
    return pystray.MenuItem(
        spell(line.text),
        below or (lambda: choose(action) if action else None),
        checked=(lambda _: bool(line.checked)) if line.checked is not None else None,
        default=line.default,
        enabled=line.enabled,
    )


def spell(text: str) -> str:
    """Escape `&`, which marks an access key on Windows."""
    return text.replace("&", "&&") if sys.platform == "win32" else text
