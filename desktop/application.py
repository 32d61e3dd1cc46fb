"""The life of the program on one page: start in order, stop in reverse."""

import logging
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import click

from desktop.background import BackgroundServer
from desktop.browser import has_screen, show_window
from server.commandline.serve import tell
from server.program import Options, Program

log = logging.getLogger(__name__)


def start(options: Options, *, hidden: bool) -> None:
    """Run until somebody asks it to end. Unless `hidden`, the window is shown where there is a screen."""
    options = replace(options, first_key=os.environ.get("DESKHAND_API_KEY") or os.environ.get("API_KEY"))
    ending = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: ending.set())
    server = BackgroundServer(Program(options))
    ready = server.start()
    click.echo(tell(ready, demo=options.demo))
    if has_screen() and not hidden:
        try_to_show(Path(ready.runtime_file).parent)
    while not ending.wait(1) and not server.wait(0):  # Windows hears a signal only between waits
        pass
    server.stop()


def try_to_show(data: Path) -> None:
    """Show the window; where that fails the program goes on without it, and says so."""
    try:
        shown = show_window(data)
    except Exception:
        log.exception("The window could not be shown.")
        shown = False
    if not shown:
        click.echo("No browser could be opened for the window. The command line does the same: deskhand --help", err=True)
