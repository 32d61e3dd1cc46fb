"""`deskhand backup`, `deskhand restore`, and `deskhand differences` between the two."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import click

from server.commandline.client import ask, connect, find_running
from server.core.command import format_command
from server.core.errors import Conflict
from server.sdk.cli import PathType, confirm, data_dir_option, example, json_option, print_json, say, say_field, yes_option
from server.storage.data_dir import open_home

LONGEST_BACKUP = 4 * 3600.0  # seconds


@click.command(epilog=example("deskhand backup deskhand-backup.zip"))
@click.argument("file", type=PathType(dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Overwrite an existing backup.")
@click.option("--with-archive", is_flag=True, help="Include imported history and its files, which may be large.")
@data_dir_option
def backup(file: Path, data_dir: Path | None, *, overwrite: bool, with_archive: bool) -> None:
    """Back up all data except secrets to FILE. Works while the server is running.

    Imported history stays out, unless you ask for it; restoring such a backup leaves the present history alone.
    """
    order = {"path": str(file.resolve()), "overwrite": overwrite, "with_archive": with_archive}
    with connect(data_dir) as api:
        made = api.call("POST", "/api/backup", order, seconds=LONGEST_BACKUP if with_archive else None)
    say(f"Backed up to {made['path']}.")


@click.command(epilog=example("deskhand restore deskhand-backup.zip"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--with-access", is_flag=True, help="Keep the keys in it valid. Otherwise all of them are revoked.")
@yes_option
@data_dir_option
def restore(file: Path, data_dir: Path | None, *, with_access: bool, yes: bool) -> None:
    """Restore the backup FILE. The replaced data is kept next to it.

    Changes that could open or run something, such as programs and addresses, apply only after you accept them.
    """
    from server.local.restore_job import make_options
    from server.storage import backup as backups

    if find_running(data_dir):
        raise Conflict("Deskhand is running. Quit it first, then restore; or restore in its window, under Settings.")
    with open_home(data_dir, demo=None) as home:
        folders = home.folders
        access = "" if with_access else " All keys and sign-ins stop working."
        confirm(f"The backup replaces the data in {folders.data}, which is kept beside it.{access}", yes=yes)
        replaced = backups.restore(file, folders.data, make_options(with_access=with_access), config=folders.config)
    say(f"Restored. The replaced data is in {replaced}." if replaced else "Restored.")
    if not with_access:
        click.echo(f"All keys are revoked; create new ones with `{format_command('clients create')}`.")
    if waiting := ask(data_dir, "GET", "/api/restore")["differences"]:
        show_differences(waiting)


@click.group(epilog=example("deskhand differences list"))
def differences() -> None:
    """Confirm what a restored backup would change: programs, addresses, clients and settings."""


@differences.command("list", epilog=example("deskhand differences list --json"))
@json_option
@data_dir_option
def list_differences(data_dir: Path | None, *, as_json: bool) -> None:
    """List what differs from what is in force. None of it is in force until you accept it."""
    waiting = ask(data_dir, "GET", "/api/restore")["differences"]
    if as_json:
        print_json(waiting)
    elif not waiting:
        say("There is nothing to confirm.")
    else:
        show_differences(waiting)


def show_differences(waiting: list[dict[str, str]]) -> None:
    """Print differences, each with all that it says."""
    say(f"{len(waiting)} {'change' if len(waiting) == 1 else 'changes'} will apply only after you accept:")
    for difference in waiting:
        say(f"{difference['id']}  {difference['title']}")
        say_field("now", difference["now"])
        say_field("backup", difference["restored"])
    say(f"Accept: {format_command('differences accept')} ID   Discard: {format_command('differences discard')} ID, or --all")


@differences.command(epilog=example("deskhand differences accept 3f9a21c40b7e"))
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@data_dir_option
def accept(ids: tuple[str, ...], data_dir: Path | None) -> None:
    """Put differences in force, each after the checks of one that you type."""
    decide(data_dir, "accept", ids)
    say("Accepted.")


@differences.command(epilog=example("deskhand differences discard --all"))
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Discard all.")
@data_dir_option
def discard(ids: tuple[str, ...], data_dir: Path | None, *, everything: bool) -> None:
    """Forget differences; what is in force stays."""
    if bool(ids) == everything:
        raise click.UsageError("Name the differences, or give --all.")
    every = ask(data_dir, "GET", "/api/restore")["differences"] if everything else []
    decide(data_dir, "discard", ids or [difference["id"] for difference in every])
    say("Discarded.")


def decide(data_dir: Path | None, decision: str, ids: Iterable[str]) -> None:
    """Accept or discard differences."""
    with connect(data_dir) as api:
        for each in ids:
            api.call("POST", f"/api/restore/differences/{quote(each, safe='')}/{decision}")
