"""Tray backends: the thread, the event loop and the workarounds for pystray 0.19 on each system."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from desktop.tray.icon import GROUND

log = logging.getLogger(__name__)
Call = Callable[[], object]
SetUp = Callable[[object], None]
HOST_SECONDS = 2.0  # between two looks for a tray that comes later, at login
STOP_SECONDS = 3.0


class Backend:
    """The backend for Windows, and the base of the others."""

    ground: str | None = None

    def __init__(self, icon: Any) -> None:
        self.icon = icon
        self._drawing = threading.Lock()
        self._menu_is_open = False

    def call(self, what: Call) -> None:
        """Call a function on the thread that may draw."""
        with self._drawing:
            what()

    def menu_is_open(self) -> bool:
        """Return whether the menu is open; changing it would close it."""
        return self._menu_is_open

    def has_host(self) -> bool | None:
        """Return whether there is a tray that shows icons, None if unknown."""
        return None

    def wait_for_host(self) -> None:
        """Wait until there is a tray or `stop` is called, if the icon cannot detect it later."""

    def notify(self, title: str, text: str) -> None:
        """Show a notification."""
        self.call(lambda: self.icon.notify(text, title))

    def spell(self, title: str) -> str:
        """Encode the tooltip for this system."""
        return title

    def run(self, set_up: SetUp, on_loop: Call) -> None:
        """Run the icon until `stop`."""
        self._on_ready(on_loop)
        self._watch_menu()
        self.icon.run(setup=set_up)

    def stop(self) -> None:
        """End `run`, from any thread."""
        self.icon.stop()

    def _on_ready(self, on_loop: Call) -> None:
        mark_ready = self.icon._mark_ready

        def ready() -> None:
            on_loop()
            mark_ready()

        self.icon._mark_ready = ready

    def _watch_menu(self) -> None:
        handlers = getattr(self.icon, "_message_handlers", {})
        for message, handle in list(handlers.items()):
            if handle.__name__ == "_on_notify":
                handlers[message] = self._while_open(handle)

    def _while_open(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        """Track the open menu: Windows shows it inside a handler that returns when it is closed."""

        def handled(*given: Any) -> Any:
            self._menu_is_open = True
            try:
                return handle(*given)
            finally:
                self._menu_is_open = False

        return handled


class Gtk(Backend):
    """GTK with StatusNotifierItem or the older XEmbed tray."""

    def __init__(self, icon: Any) -> None:
        super().__init__(icon)
        redirect_gtk_warnings()
        self._initialize, self._finalize = icon._initialize, icon._finalize
        icon._initialize, icon._finalize = self._begin, self._end

    def call(self, what: Call) -> None:
        from gi.repository import GLib

        def once() -> bool:
            what()
            return False

        GLib.idle_add(once)

    def menu_is_open(self) -> bool:
        shown = getattr(self.icon, "_menu_handle", None)
        return bool(shown is not None and shown.get_mapped())

    def has_host(self) -> bool | None:
        return has_notifier_host() or has_tray_window()

    def notify(self, title: str, text: str) -> None:
        """Show a notification, or log it if none can be shown."""

        def show() -> None:
            try:
                self.icon._notifier.notify(title, text, self.icon._icon_path)  # pystray would do it later, beyond our reach
            except Exception:  # noqa: BLE001, GLib's errors are no classes of Python's until they are imported
                log.warning("%s", text)

        self.call(show)

    def _begin(self) -> None:
        """Start without notifications if there is no D-Bus."""
        try:
            self._initialize()
        except Exception as error:  # noqa: BLE001, GLib's errors are no classes of Python's until they are imported
            log.info("There are no notifications here: %s", error)
            self.icon._notifier = NullNotifier()
            self.icon._mark_ready()

    def _end(self) -> None:
        """Ignore pystray's failure to withdraw a notification."""
        with suppress(Exception):
            self._finalize()


def redirect_gtk_warnings() -> None:
    """Log GTK's warnings at DEBUG instead of printing them on the terminal."""
    from gi.repository import GLib

    def note(domain: str, _: int, text: str, *__: object) -> None:
        log.debug("%s: %s", domain, text)

    for domain in ("Gdk", "Gtk", "GLib-GObject", "libayatana-appindicator"):
        GLib.log_set_handler(domain, GLib.LogLevelFlags.LEVEL_MASK, note, None)


class NullNotifier:
    """Notifier that shows nothing."""

    def notify(self, *_: object) -> None:
        pass

    def hide(self) -> None:
        pass


class Xorg(Backend):
    """Plain X11: an icon that can be clicked, without menu and notifications."""

    ground = GROUND  # transparent pixels would be black

    def __init__(self, icon: Any) -> None:
        super().__init__(icon)
        from Xlib import X

        mask = X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask  # pystray forgets the last
        icon._window.change_attributes(event_mask=mask)
        self._over = threading.Event()

    def has_host(self) -> bool | None:
        return self.icon._get_systray_manager() is not None

    def spell(self, title: str) -> str:
        return title.encode("latin-1", "ignore").decode("latin-1")  # the name of a window of X, as python-xlib writes it

    def wait_for_host(self) -> None:
        while not self.has_host() and not self._over.wait(HOST_SECONDS):
            pass

    def run(self, set_up: SetUp, on_loop: Call) -> None:
        """Run pystray's loop in a daemon thread: it blocks signals and may miss `stop`."""
        on_loop()
        loop = threading.Thread(target=self._loop, args=(set_up,), name="tray", daemon=True)
        loop.start()
        self._over.wait()
        loop.join(STOP_SECONDS)

    def stop(self) -> None:
        self._over.set()
        threading.Thread(target=self.icon.stop, name="tray ends", daemon=True).start()

    def _loop(self, set_up: SetUp) -> None:
        def set_up_and_stay(icon: object) -> None:
            set_up(icon)
            self._stay_docked()

        self.icon.run(setup=set_up_and_stay)
        self._over.set()

    def _stay_docked(self) -> None:
        """Dock again if the tray dropped the icon or was restarted; pystray docks only once."""
        while not self._over.wait(HOST_SECONDS):
            with suppress(Exception):  # the tray may end between two questions
                tree = self.icon._window.query_tree()
                if tree.parent == tree.root and self.has_host():
                    self.call(self.icon._show)


class Mac(Backend):
    """macOS: everything on the main thread, and no icon in the Dock."""

    def __init__(self, icon: Any) -> None:
        super().__init__(icon)
        import AppKit

        AppKit.NSApplication.sharedApplication().setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)

    def call(self, what: Call) -> None:
        from PyObjCTools import AppHelper

        AppHelper.callAfter(what)

    def run(self, set_up: SetUp, on_loop: Call) -> None:
        self._on_ready(lambda: self.call(on_loop))  # pystray replaces the Ctrl+C handler after it reports that it is ready
        self.icon.run(setup=set_up)

    def stop(self) -> None:
        self.call(self.icon.stop)

    def notify(self, title: str, text: str) -> None:
        """Notify in a thread: pystray runs a program and waits for it."""
        threading.Thread(target=self.icon.notify, args=(text, title), name="notification", daemon=True).start()


def backend_of(icon: Any) -> Backend:
    """Find what an icon was made with."""
    name = type(icon).__module__.rpartition(".")[2]
    kinds: dict[str, type[Backend]] = {"_gtk": Gtk, "_appindicator": Gtk, "_xorg": Xorg, "_darwin": Mac}
    return kinds.get(name, Backend)(icon)


def has_notifier_host() -> bool:
    """Return whether the desktop shows icons by the newer protocol, over the session's bus."""
    from gi.repository import Gio, GLib

    bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner")
    wanted = GLib.Variant("(s)", ("org.kde.StatusNotifierWatcher",))
    try:
        session = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        return bool(session.call_sync(*bus, wanted, None, Gio.DBusCallFlags.NONE, 1000, None).unpack()[0])
    except GLib.Error:
        return False


def has_tray_window() -> bool:
    """Return whether there is a tray of X's, the older kind."""
    from Xlib import X, display, error

    try:
        connection = display.Display()
    except (error.DisplayError, OSError):
        return False
    try:
        tray = connection.intern_atom(f"_NET_SYSTEM_TRAY_S{connection.get_default_screen()}")
        return bool(connection.get_selection_owner(tray) != X.NONE)
    finally:
        connection.close()
