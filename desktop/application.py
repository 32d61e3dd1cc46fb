"""The life of the program on one page: start in order, stop in reverse."""

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
from desktop.single_instance import hand_over, wait_and_hand_over
from desktop.tray.controller import Front
from desktop.tray.tray import NoTray
from desktop.window.browser import has_screen, invite, reach
from desktop.window.error_dialog import show_error
from desktop.window.window import Window
from server.core.errors import DeskhandError
from server.lifecycle.crash_log import remember
from server.sdk.cli import explain
from server.storage.data_dir import Home, InUse, find_home

if TYPE_CHECKING:
    from desktop.server_thread import BackgroundServer
    from desktop.tray.status_feed import News
    from server.lifecycle.program import Ready

log = logging.getLogger(__name__)
ICON_SECONDS = 2.0  # that the server waits for the icon to be there first
HOST_SECONDS = 10.0  # after a login in which a tray may still come
LOOK_SECONDS = 0.2  # before the news are followed anew
LAST_SECONDS = 5.0  # that a toolkit has to let go, when all else has ended
RUNNING = "Deskhand is running already; here is its window."
NO_HOST = (
    "This desktop shows no icons of programs, so there is none of Deskhand. It goes on when its window is closed; "
    "start it again to see the window."
)
SCREEN_GONE = "The screen that Deskhand was started on is gone, so it ends. Start it again where there is one."
NO_SCREEN = (
    "There is no screen here, so there is no icon and no window. The command line does the same: deskhand --help\n"
    "To see its page in a browser of this computer, start Deskhand once more: it makes a file that opens the page."
)
NO_WINDOW = "The command line does the same: deskhand --help"


def start(*, demo: bool, visitor: bool, data_dir: Path | None, hidden: bool) -> None:
    """Run until somebody asks it to end. Unless `hidden`, the window is shown where there is a screen.

    `visitor`: the demo has a scripted ChatGPT that calls now and then. Raises what kept it from starting, once a dialog shows it.
    """
    try:
        home = find_home(data_dir, demo=demo)
        if not meet(home.folders.data):
            Life(home, demo=demo, visitor=visitor, data_dir=data_dir, hidden=hidden).run()
    except Exception as error:
        show_error(explain(error))
        raise


def meet(data: Path, ask: Callable[[Path], object] = hand_over) -> bool:
    """Have the one that runs show its window; where it cannot, show or say how to see its page. False: none runs."""
    try:
        if ask(data) is False:
            return False
    except DeskhandError as error:
        try:
            click.echo(invite(data))
        except (DeskhandError, OSError):
            raise error from None
    else:
        click.echo(RUNNING)
    return True


@dataclass
class Life:
    """One run of the program. The main thread is the toolkit's; the server, its news and the window have threads of their own."""

    home: Home
    demo: bool
    visitor: bool
    data_dir: Path | None
    hidden: bool
    server: "BackgroundServer | None" = None
    error: BaseException | None = None
    _news: "News | None" = None
    _watching: object = None
    _ending: threading.Event = field(default_factory=threading.Event)
    _icon: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        folders = self.home.folders
        self.window = Window(folders.data, folders.logs, "Deskhand demo" if self.demo else "Deskhand")
        self.screen = DesktopScreen(self.window, self.data_dir, self.demo)
        self.front = Front(self.screen, folders.logs, lambda: reach(folders.data), self._ending.set)

    def run(self) -> None:
        """Live. Raises what kept the server from starting."""
        signals = Signals(self._ending.set)
        signals.listen()
        serving = threading.Thread(target=self._serve, name="life", daemon=True)
        try:
            self._open_tray()
            serving.start()
            threading.Thread(target=self._close_front, name="end", daemon=True).start()
            self.front.run(self._icon.set, lambda: self._begin_loop(signals, serving))
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
        """End without the toolkit, which would not let this thread go on."""
        if not self._ending.is_set():
            log.warning(SCREEN_GONE)
        self._icon.set()
        self._stop(serving)
        logging.shutdown()
        os._exit(1 if self.error else 0)

    def _open_tray(self) -> None:
        try:
            self.front.open()
        except NoTray as error:
            if has_screen():
                self._note(f"{error} Start Deskhand again to see its window.")

    def _note(self, sentence: str) -> None:
        """Say it on the terminal, and in the window."""
        click.echo(sentence, err=True)
        self.screen.notice = sentence

    def _close_front(self) -> None:
        self._ending.wait()
        self.front.close()

    def _stop(self, serving: threading.Thread) -> None:
        self._ending.set()
        self.window.close()
        if self._news:
            self._news.stop()
        if self.server and not self.server.stop():
            log.error("The server did not stop in time.")
        serving.join(LAST_SECONDS)
        watchdog = threading.Timer(LAST_SECONDS, os._exit, [1 if self.error else 0])
        watchdog.daemon = True
        watchdog.start()

    def _serve(self) -> None:
        """Serve, and follow how it is."""
        self._icon.wait(ICON_SECONDS)
        try:
            if ready := self._start_server():
                self._greet(ready)
                self._follow()
                self.error = self.server.error if self.server else None
        except InUse:
            self._hand_over()
        except BaseException as error:  # noqa: BLE001, it is raised again on the main thread
            self.error = error
        finally:
            self._ending.set()

    def _start_server(self) -> "Ready | None":
        from desktop.server_thread import BackgroundServer
        from server.commandline.serve import choose_pace
        from server.lifecycle.program import Options, Program, read_openai

        key = os.environ.get("DESKHAND_API_KEY") or os.environ.get("API_KEY")
        pace = choose_pace(wanted=self.demo and self.visitor)
        options = Options(demo=self.demo, visitor=pace, data_dir=self.data_dir, first_key=key, openai=read_openai(os.environ))
        if self._ending.is_set():
            return None
        self.server = BackgroundServer(Program(options, self.screen))
        return self.server.start()

    def _hand_over(self) -> None:
        try:
            meet(self.home.folders.data, wait_and_hand_over)
        except DeskhandError as error:
            self.error = error

    def _greet(self, ready: "Ready") -> None:
        from server.commandline.serve import tell

        click.echo(tell(ready, demo=self.demo))
        if not has_screen():
            click.echo(NO_SCREEN)
        later = threading.Timer(HOST_SECONDS if self.hidden else 0, self._tell_host)
        later.daemon = True
        later.start()
        if has_screen() and not self.hidden:
            threading.Thread(target=self._show_window, name="first window", daemon=True).start()

    def _tell_host(self) -> None:
        if self.front.lacks_host():
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
        from desktop.tray.status_feed import News

        try:
            local = reach(self.home.folders.data)
        except DeskhandError:  # it is ending already
            return
        while self.server and not self._ending.is_set() and not self.server.wait(LOOK_SECONDS):
            self._news = News(local, self.front.show)
            self._news.follow()
