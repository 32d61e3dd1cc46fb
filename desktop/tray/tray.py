"""The icon in the tray and its menu, drawn with pystray. It shows what it is told, and tells what the person chose."""

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
from desktop.tray.icon import Look, draw
from desktop.tray.menu import PARTING, Line, Wish, menu
from desktop.tray.status import Status
from desktop.window.browser import has_screen

if TYPE_CHECKING:
    import pystray

log = logging.getLogger(__name__)
CHOICE = "PYSTRAY_BACKEND"  # pystray's own variable
SECONDS_BETWEEN = 0.3  # between two drawings
LONGEST_TITLE = 120  # Windows takes no more


class NoTray(Exception):
    """There can be no icon here; the message says why, for a person."""


@dataclass
class Tray:
    """An icon. `run` has the main thread; everything else may be called on any thread."""

    choose: Callable[[Wish], None]
    status: Status
    icon: Any
    backend: Backend
    _drawn: tuple[tuple[Look, bool], list[Line]] | None = None
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
        """Show how Deskhand is; what comes in quick succession is drawn once."""
        with self._lock:
            self.status = status
            if self._due is None and not self._ended:
                self._due = threading.Timer(SECONDS_BETWEEN, self._draw_later)
                self._due.daemon = True
                self._due.start()

    def notify(self, title: str, text: str) -> None:
        """Show a notification; nothing happens where nobody can show one."""
        if self.icon.HAS_NOTIFICATION and not self._ended:
            with suppress(Exception):  # where it cannot be shown, nothing is lost
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
        """A menu that is open stays as it is until it is closed."""
        status, lines = self.status, menu(self.status)
        look, waiting = picture = status.look, status.waiting > 0
        drawn, self._drawn = self._drawn, (picture, lines)
        if drawn is None or drawn[0] != picture:
            self.icon.icon = draw(look, waiting=waiting, ground=self.backend.ground)
        if drawn is None or drawn[1] != lines:
            if self.backend.menu_is_open():
                self._drawn = (picture, drawn[1] if drawn else [])
                self.show(status)
                return
            self.icon.title = self.backend.spell(title_of(lines))
            self.icon.menu = build(lines, self.choose)


def title_of(lines: list[Line]) -> str:
    """What is said beside the icon."""
    return f"Deskhand: {lines[0].text}"[:LONGEST_TITLE]


def open_tray(choose: Callable[[Wish], None], status: Status) -> Tray:
    """Make the icon; it is seen once it runs. Raises NoTray."""
    if not has_screen():
        raise NoTray("There is no screen here.")
    pystray = import_pystray()
    lines = menu(status)
    try:
        icon = pystray.Icon("deskhand", draw(status.look), "Deskhand", build(lines, choose))
    except Exception as error:
        raise NoTray(f"No icon can be shown in a tray here ({error}).") from error
    backend = backend_of(icon)
    icon.icon = draw(status.look, ground=backend.ground)
    return Tray(choose, status, icon, backend)


def import_pystray() -> Any:
    """Import pystray with the best that is here; it looks for GTK where Python finds it, and fails where there is no display."""
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
            forget_pystray()
        else:
            return pystray
        finally:
            restore(chosen)
    raise NoTray(f"No icon can be shown in a tray here ({'; '.join(reasons)}).")


def forget_pystray() -> None:
    """Let it be imported anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pystray"]:
        del sys.modules[name]


def restore(chosen: str | None) -> None:
    """Put the variable back, for the programs that are started from here."""
    if chosen is None:
        os.environ.pop(CHOICE, None)
    else:
        os.environ[CHOICE] = chosen


def build(lines: list[Line], choose: Callable[[Wish], None]) -> "pystray.Menu":
    """Make pystray's menu of lines."""
    import pystray

    return pystray.Menu(*(build_line(line, choose) for line in lines))


def build_line(line: Line, choose: Callable[[Wish], None]) -> Any:
    """Make a line."""
    import pystray

    if line is PARTING:
        return pystray.Menu.SEPARATOR
    below, wish = build(list(line.below), choose) if line.below else None, line.wish
    return pystray.MenuItem(
        spell(line.text),
        below or (lambda: choose(wish) if wish else None),
        checked=(lambda _: bool(line.checked)) if line.checked is not None else None,
        default=line.default,
        enabled=line.enabled,
    )


def spell(text: str) -> str:
    """Windows takes an & for the mark of a letter to press."""
    return text.replace("&", "&&") if sys.platform == "win32" else text
