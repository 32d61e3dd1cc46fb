"""`deskhand serve`: the server without a screen."""

import json
import os
import shlex
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from server.commandline.env_file import env_file_option
from server.core.command import format_command
from server.core.invisible import make_visible
from server.sdk.cli import data_dir_option, example

if TYPE_CHECKING:
    from server.demo.traffic import TrafficSchedule
    from server.lifecycle.program import Options, Ready

STOP_SECONDS = 20.0  # that everything has to end in
LAST_SECONDS = 3.0  # that threads have to let go in, when everything has ended


@click.command(epilog=example("deskhand serve --port 8000 --public-url https://desk.example.org"))
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="PORT",
    help="The public port. Default: 8000, or the next free one; 0: any.",
)
@click.option("--local-port", type=click.IntRange(0, 65535), default=0, help="The local surface's port. Default: any.")
@click.option("--public-url", help="Public URL of your reverse proxy.")
@click.option("--tunnel", is_flag=True, help="Open the tunnel, so that ChatGPT reaches this computer.")
@click.option("--demo", is_flag=True, help="Use sample accounts; nothing leaves this computer.")
@click.option("--visitor", is_flag=True, help="In demo mode: simulate ChatGPT.")
@click.option("--verbose", is_flag=True, help="Log more to stderr.")
@click.option("--json", "as_json", is_flag=True, help="When ready, print one line of JSON.")
@env_file_option
@data_dir_option
def serve(  # noqa: PLR0913, the options of a command
    host: str,
    port: int | None,
    local_port: int,
    public_url: str | None,
    data_dir: Path | None,
    *,
    tunnel: bool,
    demo: bool,
    visitor: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Serve without a screen, until Ctrl+C or SIGTERM."""
    from server.lifecycle.logging import configure
    from server.lifecycle.program import Options, read_openai

    configure(verbose=verbose)
    options = Options(
        host=host,
        port=port,
        local_port=local_port,
        public_url=public_url,
        tunnel=tunnel,
        demo=demo,
        visitor=make_schedule(wanted=visitor),
        data_dir=data_dir,
        first_key=os.environ.get("DESKHAND_API_KEY") or os.environ.get("API_KEY"),
        openai=read_openai(os.environ),
    )
    run_here(options, as_json=as_json)


def run_here(options: "Options", *, as_json: bool) -> None:
    """Run a server on the main thread and end it with the signals that ask for that."""
    from server.http import server
    from server.lifecycle.program import Program

    program = Program(options)

    def stop(*_: object) -> None:
        program.stop()
        end_after(STOP_SECONDS, 1)

    async def run() -> None:
        code = 1
        try:
            await program.run(lambda ready: announce(ready, options, as_json=as_json))
            code = 0
        finally:
            end_after(LAST_SECONDS, code)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, stop)
    server.run(run)


def end_after(seconds: float, code: int) -> None:
    """End the process then, if it has not ended: Python would wait for every thread, one that the system holds included."""
    watchdog = threading.Timer(seconds, os._exit, [code])
    watchdog.daemon = True
    watchdog.start()


def announce(ready: "Ready", options: "Options", *, as_json: bool) -> None:
    """Say where the server is."""
    if as_json:
        click.echo(json.dumps(asdict(ready)))
    else:
        click.echo(tell(ready, demo=options.demo, data_dir=options.data_dir))
    sys.stdout.flush()


def make_schedule(*, wanted: bool) -> "TrafficSchedule | None":
    """Make the schedule of the demo's simulated traffic, if it is wanted."""
    if not wanted:
        return None
    from server.demo.traffic import TrafficSchedule

    return TrafficSchedule()


def tell(ready: "Ready", *, demo: bool, data_dir: Path | None = None) -> str:
    """Say where the server is and what to do next, for a person."""
    folder = (
        f" --data-dir {shlex.quote(str(data_dir))}" if data_dir and str(data_dir) != os.environ.get("DESKHAND_DATA_DIR") else ""
    )
    lines = [
        "Deskhand is running in demo mode: sample accounts, nothing leaves this computer." if demo else "Deskhand is running.",
        f"  for ChatGPT and scripts   {ready.public}",
        f"  API docs                  {ready.public}/docs",
        f"  OpenAPI document          {ready.public}/openapi.json",
        f"Create a key for a script:  {format_command('clients create my-script')}{folder}",
        *ready.notices,
    ]
    return "\n".join(map(make_visible, lines))
