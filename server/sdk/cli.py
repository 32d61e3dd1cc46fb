"""Options and output that commands share: --data-dir, --json, examples in --help, and a sentence instead of a traceback."""

import atexit
import errno
import gc
import json
import math
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import click
from click.core import ParameterSource

from server.core.command import format_command
from server.core.errors import DeskhandError
from server.core.invisible import escape_json, make_visible
from server.core.items import convert_item

DISK_ERRORS = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC}  # of a file without a name, such as the output


class LocalApi(Protocol):
    """The local API, as commands use it."""

    def call(self, method: str, path: str, body: Any = None, *, seconds: float | None = None) -> Any:
        """Send a request and return the JSON of its response. Raises DeskhandError with the sentence of a refusal.

        `seconds`: the limit of each part of a request that takes long, such as an installation.
        """


def connect(data_dir: Path | None, *, running_only: bool = False, service: str = "") -> AbstractContextManager[LocalApi]:
    """Connect to the local API, with the root context's `obj`. With `running_only`, raises Unavailable if no server runs.

    `service`: the integration that must run; without a server it is started for the command.
    """
    connect_local_api: Callable[..., AbstractContextManager[LocalApi]] = click.get_current_context().find_root().obj
    return connect_local_api(data_dir, running_only=running_only, service=service)


def choose_folder(context: click.Context, option: click.Parameter, folder: Path | None) -> Path | None:
    """Accept the folder before the command's name as well as after it."""
    if context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE:
        return folder
    before: Path | None = context.find_root().params.get(str(option.name))
    return before or folder


class PathType(click.Path):
    """A path. An empty one is refused: it would be the current folder, where a script's variable is missing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("It cannot be empty.", param, ctx)
        return super().convert(value, param, ctx)


class NumberRange(click.FloatRange):
    """A number in a range; "nan" is none, although it is outside of no range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number.", param, ctx)
        return number


data_dir_option = click.option(
    "--data-dir",
    type=PathType(file_okay=False),
    envvar="DESKHAND_DATA_DIR",
    callback=choose_folder,
    help="The folder of all data. Default: the usual places of this system.",
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone. Raises Abort if the answer is no, or if nobody is there to answer."""
    if not yes:
        click.confirm(f"{question} Continue?", abort=True, err=True)


def read_secret(name: str, prompt: str = "") -> str:
    """Ask for a secret on the terminal, where it stays unseen, or read it from a pipe or file; never from the arguments.

    Raises DeskhandError if it is empty.
    """
    # getpass, beneath hide_input, reads from the terminal even if stdin is a file
    if sys.stdin.isatty():
        text = str(click.prompt(prompt or name[:1].upper() + name[1:], hide_input=True, err=True))
    else:
        text = sys.stdin.readline()
    if not text.strip():
        raise DeskhandError(f"No {name} was given.")
    return text.strip()


def example(text: str) -> str:
    """The last line of a command's --help."""
    return f"\b\nExample:\n  {format_command(text.removeprefix('deskhand '))}"


def say(text: str, *, err: bool = False) -> None:
    """Print a line; control characters of others are shown instead of sent to the terminal."""
    click.echo(make_visible(text), err=err)


def say_field(name: str, value: str) -> None:
    """Print a name and its value, indented; further lines of a value more, so that none is taken for a field."""
    first, *others = value.split("\n")
    say(f"    {name}: {first}")
    for line in others:
        say(f"        {line}")


def say_time(at: str) -> str:
    """Format a time in the local time zone: "2026-06-17 09:41:03". What is none, as in a strange backup, stays as it is."""
    return convert_item(at, lambda at: f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}", str)


def print_json(value: Any) -> None:
    """Print JSON on one line."""
    click.echo(escape_json(json.dumps(value, ensure_ascii=False)))


def show(response: Any, describe: Callable[[Any], Iterable[str]], *, as_json: bool) -> None:
    """Print a response: as JSON, or line by line for a person."""
    if as_json:
        print_json(response)
        return
    for line in describe(response):
        say(line)


def explain(error: Exception) -> str:
    """Describe an error in a sentence for the person."""
    if isinstance(error, DeskhandError):
        return error.detail
    if isinstance(error, OSError) and (error.filename or error.errno in DISK_ERRORS):
        return f"{error.filename or 'The output'} could not be read or written: {error.strerror}."
    return f"Deskhand made a mistake ({type(error).__name__}: {error}). With DESKHAND_DEBUG=1 it says more."


def run(command: click.Command, arguments: list[str] | None = None) -> None:
    """Run a command: exit code 0 success, 1 failure with one sentence, 2 usage error."""
    gc.set_threshold(50_000)  # collecting garbage among imported modules finds none and takes an eighth of the start
    atexit.register(gc.freeze)  # its last search would take most of the stop, and the process frees all anyway
    try:
        command.main(args=arguments, prog_name=format_command())
    except Exception as error:
        if not isinstance(error, DeskhandError):
            import logging

            logging.getLogger(__name__).debug("A command failed unexpectedly.", exc_info=error)
        say(explain(error), err=True)
        sys.exit(1)
