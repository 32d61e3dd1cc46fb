"""`deskhand backup` and `deskhand restore`."""

from pathlib import Path

import click

from server.commandline.client import ask, find_running
from server.core.errors import Conflict
from server.sdk.cli import data_dir_option, example, say
from server.storage.data_dir import open_home


@click.command(epilog=example("deskhand backup deskhand-backup.zip"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace a file of this name.")
@data_dir_option
def backup(file: Path, data_dir: Path | None, *, overwrite: bool) -> None:
    """Back up all data except secrets to FILE. Works while the server is running."""
    made = ask(data_dir, "POST", "/api/backup", {"path": str(file.resolve()), "overwrite": overwrite})
    say(f"Backed up to {made['path']}.")


@click.command(epilog=example("deskhand restore deskhand-backup.zip"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--with-access", is_flag=True, help="Keep the keys in it valid. Otherwise all of them are revoked.")
@data_dir_option
def restore(file: Path, data_dir: Path | None, *, with_access: bool) -> None:
    """Restore the backup FILE. The replaced data is kept next to it."""
    from server.integrations import find_migrations, list_revocations
    from server.storage import backup as backups

    if find_running(data_dir):
        raise Conflict("Deskhand is running. Quit it first, then restore.")
    with open_home(data_dir, demo=None) as home:
        folders = home.folders
        replaced = backups.restore(
            file,
            folders.data,
            config=folders.config,
            folders=find_migrations(),
            revocations=() if with_access else list_revocations(),
            with_access=with_access,
        )
    say(f"Restored. What was there before is in {replaced}." if replaced else "Restored.")
    if not with_access:
        click.echo("All keys are revoked; make new ones with `deskhand clients create`.")
