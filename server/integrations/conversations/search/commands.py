"""`deskhand search`: conversations, the ChatGPT history and what OMI heard."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from server.sdk.cli import connect, data_dir_option, example, json_option, say, say_time, show

OPERATOR = re.compile(r"(-?(?:[A-Za-z]+:)?)(.+)", re.DOTALL)
MOST = 200  # results of one request
HELP = """Search conversations, the ChatGPT history and what OMI heard.

QUERY: words, "phrases", begin*, -excluded, role:user, project:name, date:2026-05, before:2026, after:2025-11-02,
source:omi, title:word.
"""


@click.command(
    "search", help=HELP, context_settings={"ignore_unknown_options": True}, epilog=example("deskhand search tax return date:2026")
)
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many results at most.")
@json_option
@data_dir_option
def search(query: tuple[str, ...], limit: int, data_dir: Path | None, *, as_json: bool) -> None:
    """Search conversations."""
    results: list[dict[str, Any]] = []
    cursor, note = "", None
    with connect(data_dir, service="conversations") as deskhand:
        while cursor is not None and len(results) < limit:
            parameters = {"q": join(query), "limit": min(MOST, limit - len(results))} | ({"cursor": cursor} if cursor else {})
            page = deskhand.call("GET", f"/api/chats/search?{urlencode(parameters)}")
            results += map(flatten, page["results"])
            cursor, note = page["next"], note or page["note"]
    show(results, describe, as_json=as_json)
    if note:
        say(note, err=True)


def join(query: tuple[str, ...]) -> str:
    """Join the arguments. One with a space was quoted for the shell; alone it is the query, else it is a phrase of it."""
    text = " ".join(map(quote, query)) if len(query) > 1 else query[0]
    return text.encode("utf-8", "replace").decode()


def quote(part: str) -> str:
    """Quote an argument with a space, behind the name of its operator."""
    return OPERATOR.sub(r'\1"\2"', part, count=1) if " " in part and '"' not in part else part


def flatten(result: dict[str, Any]) -> dict[str, Any]:
    """Make the object of a result, with the names that exports have."""
    names = ("message_id", "title", "role", "date", "project", "source")
    snippet = "".join(piece["text"] for piece in result["snippet"])
    return {"conversation_id": result["chat_id"], **{name: result[name] for name in names}, "snippet": snippet}


def describe(results: list[dict[str, Any]]) -> Iterator[str]:
    """Write results for a person."""
    if not results:
        yield "Nothing found."
    for result in results:
        at = say_time(result["date"]) if result["date"] else "no date"
        yield f"{result['title'] or '(no title)'}  ({at}, {result['source']}, {result['conversation_id']})"
        yield f"    {result['snippet']}"
