"""`deskhand export`: conversations as a zip file."""

from pathlib import Path

import click

from server.sdk.cli import PathType, connect, data_dir_option, example, json_option, print_json, say

FORMATS = ("markdown", "json", "original")
LONGEST = 4 * 3600.0  # seconds
HELP = """Export conversations to a zip file: those that QUERY finds, or all.

markdown has a file for each conversation, json is one file for programs, and original is the form of ChatGPT's own export,
which `deskhand import` takes. The files of messages come along.
"""


@click.command("export", help=HELP, epilog=example("deskhand export tax return --format markdown -o tax.zip"))
@click.argument("query", nargs=-1)
@click.option("--id", "ids", multiple=True, help="A conversation; can be given more than once.")
@click.option("--project", default="", help="Only those of the project with this id.")
@click.option("--year", type=click.IntRange(1970, 2200), help="Only those last changed in this year.")
@click.option("--starred", is_flag=True, help="Only those that are starred.")
@click.option("--format", "form", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True)
@click.option("-o", "--output", type=PathType(dir_okay=False), required=True, help="The zip file to write.")
@click.option("--overwrite", is_flag=True, help="Overwrite an existing zip file.")
@json_option
@data_dir_option
def export(  # noqa: PLR0913, each is an option
    query: tuple[str, ...],
    ids: tuple[str, ...],
    project: str,
    year: int | None,
    form: str,
    output: Path,
    data_dir: Path | None,
    *,
    starred: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Export conversations."""
    selection = {"ids": list(ids) or None, "query": " ".join(query), "project": project, "year": year}
    order = {**selection, "starred": starred or None, "format": form, "path": str(output.absolute()), "overwrite": overwrite}
    with connect(data_dir, service="conversations") as deskhand:
        made = deskhand.call("POST", "/api/chats/export/file", order, seconds=LONGEST)
    if as_json:
        print_json(made)
        return
    say(f"Exported {count(made['chats'], 'conversation')} and {count(made['files'], 'file')} to {made['path']}.")
    if made["missing"]:
        say(f"{count(made['missing'], 'file')} of messages are not here; the export that was imported lacked them.", err=True)


def count(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
