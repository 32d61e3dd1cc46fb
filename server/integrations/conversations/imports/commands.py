"""`deskhand import` and `deskhand imports`: exports of ChatGPT, from the command line."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from server.core.errors import DeskhandError
from server.sdk.cli import (
    LocalApi,
    PathType,
    confirm,
    connect,
    data_dir_option,
    example,
    json_option,
    print_json,
    say,
    say_time,
    show,
    yes_option,
)

WAIT_SECONDS = 5
SHOWN_FAILURES = 20
ACTIVE = {"previewing", "running"}
EMPTY: dict[str, Any] = {"total": 0, "years": [], "projects": [], "attachments": 0, "other": [], "deleted": None}
DELETED = "Deleted here, so imported only with --include-deleted: {count:,}"
SUMMARY = "Imported {imported}, updated {updated}, unchanged {unchanged}, skipped {skipped}, failed {failed}."


@click.command("import", epilog=example("deskhand import ~/Downloads/chatgpt-export.zip"))
@click.argument("path", type=PathType())
@click.option("--dry-run", is_flag=True, help="Only say what the export contains.")
@click.option("--include-deleted", is_flag=True, help="Bring back conversations that were deleted here.")
@json_option
@data_dir_option
def import_command(path: Path, data_dir: Path | None, *, dry_run: bool, include_deleted: bool, as_json: bool) -> None:
    """Import the ChatGPT export at PATH: a zip file, a folder or a JSON file.

    It waits until everything is imported. An export that was imported before adds only what is new. Conversations that were
    deleted here stay deleted.
    """
    with connect(data_dir, service="conversations") as deskhand:
        if dry_run:
            show_preview(look(deskhand, path), as_json=as_json)
        else:
            show_report(import_all(deskhand, path, include_deleted=include_deleted, quiet=as_json), as_json=as_json)


def look(deskhand: LocalApi, path: Path) -> dict[str, Any]:
    """Preview an export, and forget that. Raises DeskhandError if it is none."""
    created = deskhand.call("POST", "/api/imports", {"path": str(path.absolute())})
    try:
        return wait(deskhand, created, quiet=True)
    finally:
        with suppress(DeskhandError):
            deskhand.call("DELETE", f"/api/imports/{created['id']}")


def import_all(deskhand: LocalApi, path: Path, *, include_deleted: bool, quiet: bool) -> dict[str, Any]:
    """Import everything. Ctrl-C stops the import."""
    order = {"path": str(path.absolute()), "start": True, "include_deleted": include_deleted}
    created = deskhand.call("POST", "/api/imports", order)
    try:
        return wait(deskhand, created, quiet=quiet)
    except KeyboardInterrupt:
        with suppress(DeskhandError):
            deskhand.call("POST", f"/api/imports/{created['id']}/cancel")
        raise


def wait(deskhand: LocalApi, created: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """Wait until an import is no longer active."""
    current = created
    while current["state"] in ACTIVE:
        current = deskhand.call("GET", f"/api/imports/{created['id']}?wait={WAIT_SECONDS}")
        if not quiet and current["state"] in ACTIVE and current["progress"]:
            say(describe_progress(current["progress"]), err=True)
    return current


def describe_progress(progress: dict[str, Any]) -> str:
    """Say how far an import is, and how long it will take."""
    share = f", {100 * progress['bytes'] // progress['bytes_total']} %" if progress["bytes_total"] else ""
    left = progress["seconds_left"]
    return f"{count_of(progress['done'], 'conversation')}{share}" + (f", about {left} s left" if left is not None else "")


def show_preview(current: dict[str, Any], *, as_json: bool) -> None:
    """Print what an export contains. Raises DeskhandError if it is none."""
    if current["error"]:
        raise DeskhandError(current["error"])
    if as_json:
        print_json(current["preview"])
        return
    for line in describe_preview(current["preview"] or EMPTY):
        say(line)


def describe_preview(preview: dict[str, Any]) -> Iterator[str]:
    """Say what an export contains."""
    yield f"{count_of(preview['total'], 'conversation')}, {count_of(preview['attachments'], 'attachment')}"
    for year in preview["years"]:
        yield f"  {year['year'] or 'no date'}: {year['count']:,}"
    for project in preview["projects"]:
        yield f"  {project['name']}: {project['count']:,}"
    if preview["other"]:
        yield f"Also: {', '.join(preview['other'])}"
    if count := sum(each["count"] for each in preview["deleted"] or ()):
        yield DELETED.format(count=count)


def count_of(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def summarize(report: dict[str, Any]) -> str:
    """Write a report in a line."""
    return SUMMARY.format(**{**report, "failed": len(report["failed"])})


def show_report(current: dict[str, Any], *, as_json: bool) -> None:
    """Print the report. Raises DeskhandError if nothing was imported."""
    report = current["report"]
    if report and as_json:
        print_json(report)
    elif report:
        say(summarize(report))
        for failure in report["failed"][:SHOWN_FAILURES]:
            say(f"  {failure['title'] or failure['id'] or 'Untitled'}: {failure['reason']}")
        for note in report["notes"]:
            say(note)
    if current["state"] != "done":
        raise DeskhandError(current["error"] or f"The import was {current['state']}.")


@click.group(epilog=example("deskhand imports list"))
def imports() -> None:
    """List imports of ChatGPT exports, and undo them."""


@imports.command("list", epilog=example("deskhand imports list --json"))
@json_option
@data_dir_option
def list_command(data_dir: Path | None, *, as_json: bool) -> None:
    """List imports, the newest first."""
    with connect(data_dir, service="conversations") as deskhand:
        show(deskhand.call("GET", "/api/imports")["imports"], describe_imports, as_json=as_json)


def describe_imports(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Say what imports there are, and what each has done."""
    for row in rows:
        at = say_time(row["started_at"]) if row["started_at"] else "not started"
        yield f"{row['id']:>4}  {at}  {row['state']:<10}  {row['name']}"
        if row["report"]:
            yield f"      {summarize(row['report'])}"
        if row["error"]:
            yield f"      {row['error']}"
    if not rows:
        yield "Nothing has been imported yet."


@imports.command("undo", epilog=example("deskhand imports undo 3"))
@click.argument("import_id", type=click.IntRange(0), metavar="ID")
@yes_option
@json_option
@data_dir_option
def undo_command(import_id: int, data_dir: Path | None, *, yes: bool, as_json: bool) -> None:
    """Remove everything that the import ID brought, and restore what it updated. It waits until that is done."""
    with connect(data_dir, service="conversations") as deskhand:
        name = deskhand.call("GET", f"/api/imports/{import_id}")["name"]
        confirm(f"What the import of {name} added is removed, and what it updated is as before.", yes=yes)
        current = wait(deskhand, deskhand.call("POST", f"/api/imports/{import_id}/undo"), quiet=True)
    if current["state"] != "undone":
        raise DeskhandError(current["error"] or f"The import is {current['state']}.")
    show(current, lambda current: [f"Import of {current['name']} undone."], as_json=as_json)
