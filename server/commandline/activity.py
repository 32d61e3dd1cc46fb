"""`deskhand activity`: what happened, and everything that is known of one call."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from server.commandline.client import ask, connect
from server.sdk.cli import LocalApi, data_dir_option, example, json_option, print_json, say, say_time, show

LARGEST_PAGE = 1000  # of the local API
NOT_WELL = ("failed", "uncertain", "refused")  # outcomes


@click.command(epilog=example("deskhand activity --client my-gpt --search invoice --failed"))
@click.argument("number", type=int, required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Number of entries.")
@click.option("--before", type=click.IntRange(1), help="Only entries before the one with this number.")
@click.option("--client", help="Only requests of this client.")
@click.option("--search", default="", help="Only entries containing these words.")
@click.option("--failed", is_flag=True, help="Only failed or denied requests.")
@click.option("--waiting", is_flag=True, help="Only requests that need your approval.")
@json_option
@data_dir_option
def activity(number: int | None, data_dir: Path | None, *, as_json: bool, **wanted: Any) -> None:
    """List activity, newest first; with the NUMBER of an entry, show its details."""
    if number is not None:
        show(ask(data_dir, "GET", f"/api/activity/{number}"), describe, as_json=as_json)
        return
    with connect(data_dir) as deskhand:
        pages = read_pages(deskhand, **wanted)
        if as_json:
            print_json([entry for page in pages for entry in page])
            return
        for number_of_page, page in enumerate(pages):
            if page or not number_of_page:
                list_entries(page, chosen=any(wanted[name] for name in ("client", "search", "failed", "waiting", "before")))


def read_pages(deskhand: LocalApi, limit: int, before: int | None, **wanted: Any) -> Iterator[list[dict[str, Any]]]:
    """Read calls page by page, newest first, until there are `limit` or no more."""
    while limit:
        size = min(limit, LARGEST_PAGE)
        page = deskhand.call("GET", f"/api/activity?{encode_query(size, before, **wanted)}")
        yield page
        limit = limit - size if len(page) == size else 0
        before = page[-1]["id"] if page else None


def encode_query(limit: int, before: int | None, client: str | None, search: str, *, failed: bool, waiting: bool) -> str:
    """Encode the filter as the query of the local API."""
    from urllib.parse import urlencode

    outcomes = [*(NOT_WELL if failed else ()), *(("waiting",) if waiting else ())]
    wanted = {"limit": limit, "before": before, "client": client, "search": search, "outcome": outcomes}
    return urlencode({name: value for name, value in wanted.items() if value is not None}, doseq=True)


def list_entries(entries: list[dict[str, Any]], *, chosen: bool) -> None:
    """Print a line for each call, and below it what kept it from going well."""
    for entry in entries:
        about = f" · {entry['about']}" if entry["about"] else ""
        took = f" ({format_duration(entry['duration_ms'])})" if entry["duration_ms"] is not None else ""
        number = f"{entry['id']:>6}"
        say(f"{number}  {say_time(entry['at'])}  {entry['outcome']:<9} {entry['client']} {entry['sentence']}{about}{took}")
        if entry["note"]:
            say(f"{'':<8}{' ' * 19}  {'':<9} {entry['note']}")
    if not entries:
        click.echo("No matching activity." if chosen else "No activity yet.", err=True)


def describe(entry: dict[str, Any]) -> Iterator[str]:
    """Format everything that is known of a call."""
    yield f"{entry['client']} {entry['sentence']}"
    facts = {
        "when": say_time(entry["at"]),
        "took": format_duration(entry["duration_ms"]) if entry["duration_ms"] is not None else None,
        "outcome": entry["outcome"],
        "decision": f"{entry['decision']}: {entry['reason']}" if entry["reason"] else entry["decision"],
        "note": entry["note"] if entry["note"] != entry["reason"] else None,
        "operation": entry["operation"],
        "status": entry["status"],
    }
    for name, value in facts.items():
        if value is not None:
            yield f"  {name:<10} {value}"
    if effect := (entry["effect"] or {}).get("fields"):
        yield "What it does:"
        for name, value in effect:
            first, *others = value.split("\n")
            yield from indent("\n".join([f"{name}: {first}", *(f"    {line}" for line in others)]))
    if entry["arguments"]:
        yield "Request:"
        yield from indent(json.dumps(entry["arguments"], ensure_ascii=False, indent=2))
    if entry["result"]:
        yield "Response:"
        yield from indent(entry["result"])


def indent(text: str) -> list[str]:
    """Indent the lines of a text."""
    return [f"  {line}" for line in text.split("\n")]


def format_duration(ms: int) -> str:
    """Format a duration: "340 ms", "2.4 s"."""
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
