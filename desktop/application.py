"""The desktop program: started in order, stopped in reverse."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desktop.screen import DesktopScreen
from desktop.signals import Signals
from desktop.single_instance import show_running_window, wait_and_show_running_window
from desktop.tray.controller import TrayController
from desktop.tray.tray import TrayUnavailable
from desktop.window.browser import explain_browser_access, has_screen, reach
from desktop.window.error_dialog import show_error
from desktop.window.window import Window
from server.core.command import format_command
from server.core.errors import DeskhandError
from server.lifecycle.crash_log import remember
from server.sdk.cli import explain
from server.storage.data_dir import DataDir, InUse, find_home

if TYPE_CHECKING:
    from desktop.server_thread import BackgroundServer
    from desktop.tray.status_feed import StatusFeed
    from server.lifecycle.program import Ready

log = logging.getLogger(__name__)
ICON_SECONDS = 2.0  # that the server waits for the icon
HOST_SECONDS = 10.0  # after a login for a tray to appear
RETRY_SECONDS = 0.2  # before the status feed is followed again
LAST_SECONDS = 5.0  # for the toolkit to end, after everything else
RUNNING = "Deskhand is running already; here is its window."
NO_HOST = "This desktop has no tray. Deskhand keeps running when you close the window; start it again to see the window."
DISPLAY_LOST = "The screen that Deskhand was started on is gone, so it quits. Start it again on another screen."
NO_SCREEN = (
    "There is no screen here, so Deskhand runs without a tray icon and window. "
    f"The command line does the same: {format_command('--help')}\n"
    "To see its page in a browser of this computer, start Deskhand once more: it makes a file that opens the page."
)
NO_WINDOW = f"The command line does the same: {format_command('--help')}"


def start(*, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None:
    """Run until the person, a signal or the window ends it. Shows the window unless `hidden`.

    `visitor`: the demo has a scripted ChatGPT that calls now and then. An error at the start is shown in a dialog and raised.
    """
    try:
        home = find_home(data_dir, demo=demo)
        if not show_running_instance(home.folders.data):
            DesktopApplication(home, demo=demo, visitor=visitor, data_dir=data_dir, hidden=hidden).run()
    except Exception as error:
        show_error(explain(error))
        raise


def show_running_instance(data: Path, ask: Callable[[Path], object] = show_running_window) -> bool:
    """Show the window of the running instance, or explain how to see it. Returns False if none runs."""
    try:
        if ask(data) is False:
            return False
    except DeskhandError as error:
        try:
            click.echo(explain_browser_access(data))
        except (DeskhandError, OSError):
            raise error from None
    else:
        click.echo(RUNNING)
    return True


@dataclass
class DesktopApplication:
    """A run. The main thread is the toolkit's; the server, its status feed and the window have their own threads."""

    home: DataDir
    demo: bool
    visitor: bool
    data_dir: Path | None
    hidden: bool
    server: "BackgroundServer | None" = None
    error: BaseException | None = None
    _feed: "StatusFeed | None" = None
    _watching: object = None
    _ending: threading.Event = field(default_factory=threading.Event)
    _icon: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        folders = self.home.folders
        self.window = Window(folders.data, folders.logs, "Deskhand demo" if self.demo else "Deskhand")
        self.screen = DesktopScreen(self.window, self.data_dir, self.demo)
        self.controller = TrayController(self.screen, folders.logs, lambda: reach(folders.data), self._ending.set)

    def run(self) -> None:
        """Run. Raises the error that kept the server from starting."""
        signals = Signals(self._ending.set)
        signals.listen()
        serving = threading.Thread(target=self._serve, name="life", daemon=True)
        try:
            self._open_tray()
            serving.start()
            threading.Thread(target=self._close_front, name="end", daemon=True).start()
            self.controller.run(self._icon.set, lambda: self._begin_loop(signals, serving))
            self._icon.set()
            self._ending.wait()
        except Exception as error:
            remember(error)
            raise
        finally:
            self._stop(serving)
        if self.error:
            raise self.error

    def _begin_loop(self, signals: Signals, serving: threading.Thread) -> None:
        from desktop.x11_disconnect import watch

        signals.take()
        self._watching = watch(lambda: self._end_with_screen(serving))

    def _end_with_screen(self, serving: threading.Thread) -> None:
        """End without the toolkit, which would block this thread."""
        if not self._ending.is_set():
            log.warning(DISPLAY_LOST)
        self._icon.set()
        self._stop(serving)
        logging.shutdown()
        os._exit(1 if self.error else 0)

    def _open_tray(self) -> None:
        try:
            self.controller.open()
        except TrayUnavailable as error:
            if has_screen():
                self._note(f"{error} Start Deskhand again to see its window.")

    def _note(self, sentence: str) -> None:
        """Show a sentence on the terminal and in the window."""
        click.echo(sentence, err=True)
        self.screen.notice = sentence

    def _close_front(self) -> None:
        self._ending.wait()
        self.controller.close()

    def _stop(self, serving: threading.Thread) -> None:
        self._ending.set()
        self.window.close()
        if self._feed:
            self._feed.stop()
        if self.server and not self.server.stop():
            log.error("The server did not stop in time.")
        serving.join(LAST_SECONDS)
        watchdog = threading.Timer(LAST_SECONDS, os._exit, [1 if self.error else 0])
        watchdog.daemon = True
        watchdog.start()

    def _serve(self) -> None:
        """Run the server and follow its status."""
        self._icon.wait(ICON_SECONDS)
        try:
            if ready := self._start_server():
                self._greet(ready)
                self._follow()
                self.error = self.server.error if self.server else None
        except InUse:
            try:
                show_running_instance(self.home.folders.data, wait_and_show_running_window)
            except DeskhandError as error:
                self.error = error
        except BaseException as error:  # noqa: BLE001, it is raised again on the main thread
            self.error = error
        finally:
            self._ending.set()

    def _start_server(self) -> "Ready | None":
        from desktop.server_thread import BackgroundServer
        from server.commandline.serve import make_schedule
        from server.lifecycle.program import Options, Program, read_openai

        key = os.environ.get("DESKHAND_API_KEY") or os.environ.get("API_KEY")
        pace = make_schedule(wanted=self.demo and self.visitor)
        options = Options(demo=self.demo, visitor=pace, data_dir=self.data_dir, first_key=key, openai=read_openai(os.environ))
        if self._ending.is_set():
            return None
        self.server = BackgroundServer(Program(options, self.screen))
        return self.server.start()

    def _greet(self, ready: "Ready") -> None:
        from server.commandline.serve import tell

        click.echo(tell(ready, demo=self.demo, data_dir=self.data_dir))
        if not has_screen():
            click.echo(NO_SCREEN)
        later = threading.Timer(HOST_SECONDS if self.hidden else 0, self._tell_host)
        later.daemon = True
        later.start()
        if has_screen() and not self.hidden:
            threading.Thread(target=self._show_window, name="first window", daemon=True).start()

    def _tell_host(self) -> None:
        if self.controller.lacks_host():
            self._note(NO_HOST)

    def _show_window(self) -> None:
        try:
            self.screen.show_window()
        except Exception as error:
            log.info("The window could not be shown.", exc_info=True)
            sentence = error.detail if isinstance(error, DeskhandError) else f"{error} {NO_WINDOW}"
            click.echo(sentence, err=True)
            show_error(sentence)

    def _follow(self) -> None:
        from desktop.tray.status_feed import StatusFeed

        while self.server and not self._ending.is_set() and not self.server.wait(RETRY_SECONDS):
            try:
                local = reach(self.home.folders.data)
            except DeskhandError:  # it starts again with restored data, or is ending
                continue
            self._feed = StatusFeed(local, self.controller.show)
            self._feed.follow()
