"""The life of the program on one page: start in order, stop in reverse."""

import os
import signal
import threading
from dataclasses import replace

import click

from desktop.background import BackgroundServer
from server.commandline.serve import tell
from server.program import Options, Program


def start(options: Options) -> None:
    """Run until somebody asks it to end."""
    options = replace(options, first_key=os.environ.get("DESKHAND_API_KEY") or os.environ.get("API_KEY"))
    ending = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: ending.set())
    server = BackgroundServer(Program(options))
    ready = server.start()
    click.echo(tell(ready, demo=options.demo))
    while not ending.wait(1) and not server.wait(0):  # Windows hears a signal only between waits
        pass
    server.stop()
