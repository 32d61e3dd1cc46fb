"""The window's own process: `deskhand --window TITLE`. It is controlled by its standard input, and ends with it.

The page's policy forbids to make code of text, as pywebview does to call Python; so its way of calling is replaced by one that
makes no code. What the page can call is `window.pywebview.api.choose_file(kind)`, and nothing else.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

from desktop.toolkit import find_gi
from server.core.resources import shipped

SIZE, SMALLEST = (1120, 760), (720, 560)
NO_WEB_VIEW = 3
CRASHED = 4
EXIT_SECONDS = 3.0  # for a window to close gracefully
CHOOSE = "choose "  # begins a line that asks for a dialog
OLD_RENDERER = "mshtml"  # an Internet Explorer, which shows nothing of this page
OFFER = """
window.pywebview._createApi = (made) => {
  for (const { func } of made) {
    window.pywebview._returnValuesCallbacks[func] = {}
    window.pywebview.api[func] = (...given) => new Promise((resolve, reject) => {
      const id = String(Math.random()).slice(2)
      window.pywebview._checkValue(func, resolve, reject, id)
      window.pywebview._jsApiCallback(func, given, id)
    })
  }
}
null  // the answer; a function could not be told
"""


def run(title: str) -> int:
    """Show the window until it is closed or the program that started it ends. Returns 3 without a web view."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program that started this one
    address = read_address(sys.stdin.readline())
    if address is None:
        return 0
    os.environ["PYWEBVIEW_LOG"] = "ERROR"
    has_gtk = find_gi() is not None
    import webview

    webview.settings["ALLOW_FILE_URLS"] = False
    webview.settings["ALLOW_DOWNLOADS"] = True  # of files of messages and of exports, which the page hands over as blob:
    options: dict[str, Any] = {"width": SIZE[0], "height": SIZE[1], "min_size": SMALLEST, "text_select": True, "zoomable": True}
    window = webview.create_window(title, address, **options)
    if window is None:
        return NO_WEB_VIEW
    view = View(window)
    try:
        webview.start(gui="gtk" if has_gtk else None, icon=str(shipped("assets/icon.png")))
    except webview.WebViewException as error:
        print(error, file=sys.stderr)  # noqa: T201, it is this process's log
    return 0 if view.was_shown else NO_WEB_VIEW


def read_address(line: str) -> str | None:
    """Address of a `show ADDRESS` line; `#approvals` is a page of the current one."""
    word, _, address = line.strip().partition(" ")
    return address or None if word == "show" else None


class View:
    """The window, as this process handles it."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.was_shown = False
        window.evaluate_js = window.run_js  # the other one makes code of text
        window.events.initialized += self._check
        window.events.before_load += self._withdraw
        window.events.loaded += self._offer
        window.events.shown += self._tell
        window.events.before_show += self._prepare
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def choose_file(self, kind: str = "file") -> str | None:
        """Show a file or folder dialog. Returns None if cancelled."""
        from webview import FileDialog

        dialog = FileDialog.FOLDER if kind == "folder" else FileDialog.OPEN
        types = ("Programs (*.exe;*.bat;*.cmd;*.lnk)", "All files (*.*)") if kind == "program" and sys.platform == "win32" else ()
        chosen = self._window.create_file_dialog(dialog, file_types=types)
        return str(chosen[0]) if chosen else None

    def _choose(self, kind: str) -> None:
        """Let the person choose a file, and write its path for the program: as JSON, in ASCII."""
        chosen = None
        try:
            self._raise()
            chosen = self.choose_file(kind)
        finally:
            print("chosen", json.dumps(chosen), flush=True)  # noqa: T201, the program that started this one waits for it

    def _check(self, renderer: str) -> bool:
        return renderer != OLD_RENDERER

    def _tell(self) -> None:
        self.was_shown = True
        with suppress(OSError, ValueError):
            print("shown", flush=True)  # noqa: T201, the program that started this one waits for it

    def _withdraw(self) -> None:
        """A page that is loaded again would be offered what it can call the other way, before `_offer` replaces that."""
        self._window._functions.clear()  # noqa: SLF001, there is no public way

    def _offer(self) -> None:
        self._window.run_js(OFFER)
        self._window.expose(self.choose_file)

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.startswith(CHOOSE):
                threading.Thread(target=self._choose, args=(line.removeprefix(CHOOSE).strip(),), name="dialog").start()
                continue
            address = read_address(line)
            if address and address.startswith("#"):
                self._window.run_js(f"location.hash = {json.dumps(address)}")
            elif address:
                self._window.load_url(address)
            self._raise()
        threading.Timer(EXIT_SECONDS, os._exit, [0]).start()
        self._window.destroy()

    def _raise(self) -> None:
        self._window.restore()
        self._window.show()
        if hasattr(self._window.native, "present_with_time"):
            raise_over_others(self._window.native)

    def _prepare(self) -> None:
        if hasattr(self._window.native, "present_with_time"):
            self._window.native.connect("key-press-event", close_by_key)
            for view in find_views(self._window.native):
                view.connect("web-process-terminated", self._end_with_page)

    def _end_with_page(self, *_: object) -> None:
        """Without its web process the window is a picture that nothing moves; the next one has a process of its own."""
        print("The page's process has ended, and the window with it.", file=sys.stderr, flush=True)  # noqa: T201, as above
        os._exit(CRASHED)


def find_views(native: Any) -> list[Any]:
    """Find the web views of a GTK window."""
    from gi.repository import GObject, Gtk

    views: list[Any] = []

    def visit(part: Any) -> None:
        if GObject.signal_lookup("web-process-terminated", part):
            views.append(part)
        elif isinstance(part, Gtk.Container):
            part.foreach(visit)

    visit(native)
    return views


def raise_over_others(native: Any) -> None:
    """Bring a GTK window to the front: window managers want to know when the person asked for it, and that is now."""
    from gi.repository import GdkX11, GLib

    def present() -> bool:
        surface = native.get_window()
        is_x11 = isinstance(surface, GdkX11.X11Window)
        native.present_with_time(GdkX11.x11_get_server_time(surface) if is_x11 else 0)
        return False

    GLib.idle_add(present)


def close_by_key(native: Any, event: Any) -> bool:
    """Close a GTK window with Ctrl+W or Ctrl+Q."""
    from gi.repository import Gdk

    if event.state & Gdk.ModifierType.CONTROL_MASK and event.keyval in {Gdk.KEY_w, Gdk.KEY_q}:
        native.close()
        return True
    return False
