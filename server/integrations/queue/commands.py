"""`deskhand queue`: the prompts, what becomes of them, and the rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import click

from server.integrations.queue.commands_wording import describe_details, describe_overview, describe_prompt
from server.sdk.cli import LocalApi, NumberRange, confirm, connect, data_dir_option, example, json_option, say, show, yes_option

PATH = "/api/queue"
GROUPS = ("all", "waiting", "running", "uncertain", "done", "failed", "dead")
NO_LIMIT = "none"
which_argument = click.argument("which", metavar="NUMBER|ID")


def find(deskhand: LocalApi, which: str) -> str:
    """Find the id of a prompt by its number or its id. Raises DeskhandError."""
    if not which.isdecimal():
        return quote(which, safe="")
    return str(deskhand.call("GET", f"{PATH}/numbers/{which}")["id"])


def change(data_dir: Path | None, which: str, action: str, done: str, body: dict[str, Any] | None = None) -> None:
    """Change a prompt and print a confirmation."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", f"{PATH}/prompts/{find(deskhand, which)}/{action}", body)
    say(done)


@click.group(epilog=example("deskhand queue list --group waiting"))
def queue() -> None:
    """Follow the prompts that go into ChatGPT in your browser."""


@queue.command(epilog=example("deskhand queue status --json"))
@json_option
@data_dir_option
def status(data_dir: Path | None, *, as_json: bool) -> None:
    """Show how many prompts are waiting and running, and what blocks them."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", f"{PATH}/summary"), describe_overview, as_json=as_json)


@queue.command("list", epilog=example("deskhand queue list --group dead --json"))
@click.option("--group", type=click.Choice(GROUPS), default="all", help="Which prompts. Default: all.")
@click.option("--chat", type=click.IntRange(min=0), help="Only those of the chat with this number.")
@click.option("--query", default="", help="Only those with this text in the prompt or its answer.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, help="How many at most. Default: 50.")
@click.option("--offset", type=click.IntRange(0, 100_000), default=0, help="How many to leave out at the beginning.")
@json_option
@data_dir_option
def list_prompts(
    group: str, chat: int | None, query: str, limit: int, offset: int, data_dir: Path | None, *, as_json: bool
) -> None:
    """List prompts, the newest first; with --group waiting, in the order in which they are sent."""
    parameters = {"group": group, "q": query, "limit": limit, "offset": offset, **({} if chat is None else {"chat": chat})}
    with connect(data_dir, running_only=True) as deskhand:
        page = deskhand.call("GET", f"{PATH}/prompts?{urlencode(parameters)}")
    show(page, describe_page, as_json=as_json)


def describe_page(page: dict[str, Any]) -> Iterator[str]:
    """Describe a page of prompts."""
    for prompt in page["prompts"]:
        yield describe_prompt(prompt)
    if not page["prompts"]:
        yield "There are no such prompts."
    elif page["total"] > len(page["prompts"]):
        yield f"{len(page['prompts'])} of {page['total']:,} prompts."


@queue.command("show", epilog=example("deskhand queue show 17"))
@which_argument
@json_option
@data_dir_option
def show_prompt(which: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Show a prompt with its answers and its history."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", f"{PATH}/prompts/{find(deskhand, which)}"), describe_details, as_json=as_json)


@queue.command("edit", epilog=example('deskhand queue edit 17 "What is a proof?"'))
@which_argument
@click.argument("message")
@data_dir_option
def edit_prompt(which: str, message: str, data_dir: Path | None) -> None:
    """Change the text of a prompt that waits."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("PUT", f"{PATH}/prompts/{find(deskhand, which)}", {"message": message})
    say("Prompt changed.")


@queue.command("cancel", epilog=example("deskhand queue cancel 17"))
@which_argument
@data_dir_option
def cancel_prompt(which: str, data_dir: Path | None) -> None:
    """Cancel a prompt that has not ended."""
    change(data_dir, which, "cancel", "Prompt cancelled.")


@queue.command("retry", epilog=example("deskhand queue retry 17"))
@which_argument
@data_dir_option
def retry_prompt(which: str, data_dir: Path | None) -> None:
    """Put a failed or cancelled prompt back into the queue."""
    change(data_dir, which, "retry", "Prompt is back in the queue.")


@queue.command("replay", epilog=example("deskhand queue replay 17 --lane api --model gpt-6-luna"))
@which_argument
@click.option("--lane", type=click.Choice(["browser", "api"]), default="browser", help="The API costs money. Default: browser.")
@click.option("--model", default="", help="Another model.")
@data_dir_option
def replay_prompt(which: str, lane: str, model: str, data_dir: Path | None) -> None:
    """Send a prompt again; its earlier answers are kept."""
    change(data_dir, which, "replay", "Prompt is back in the queue.", {"lane": lane, "model": model})


@queue.command("resolve", epilog=example("deskhand queue resolve 17 --resend"))
@which_argument
@click.option("--resend", "decision", flag_value="resend", help="It was not sent: send it again.")
@click.option("--fail", "decision", flag_value="fail", help="Give it up.")
@click.option("--answer", metavar="TEXT", help="It was answered with this text.")
@data_dir_option
def resolve_prompt(which: str, decision: str | None, answer: str | None, data_dir: Path | None) -> None:
    """Decide about a prompt if it is unknown whether it was sent."""
    if (decision is None) == (answer is None):
        raise click.UsageError("Give one of --resend, --fail and --answer.")
    body = {"decision": decision or "answered", "text": answer or ""}
    change(data_dir, which, "resolve", "Prompt settled.", body)


@queue.command("move", epilog=example("deskhand queue move 17 first"))
@which_argument
@click.argument("place", type=click.Choice(["first", "up", "down", "last"]))
@data_dir_option
def move_prompt(which: str, place: str, data_dir: Path | None) -> None:
    """Move a prompt among those that wait."""
    change(data_dir, which, "move", "Order changed.", {"place": place})


@queue.command("pause", epilog=example("deskhand queue pause"))
@data_dir_option
def pause_queue(data_dir: Path | None) -> None:
    """Send nothing until it is resumed."""
    turn(data_dir, "pause", "The queue is paused.")


@queue.command("resume", epilog=example("deskhand queue resume"))
@data_dir_option
def resume_queue(data_dir: Path | None) -> None:
    """Send and accept prompts again."""
    turn(data_dir, "resume", "The queue is resumed.")


@queue.command("drain", epilog=example("deskhand queue drain"))
@data_dir_option
def drain_queue(data_dir: Path | None) -> None:
    """Accept no new prompts until it is resumed; those in the queue are sent."""
    turn(data_dir, "drain", "New prompts are refused until the queue is resumed.")


def turn(data_dir: Path | None, order: str, done: str) -> None:
    """Pause, resume or drain the queue and print a confirmation."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("POST", f"{PATH}/{order}")
    say(done)


@queue.command("set", epilog=example("deskhand queue set --pause 0 --daily-cap none"))
@click.option("--pause", type=NumberRange(0, 3600), help="Shortest time between two prompts, in seconds.")
@click.option("--daily-cap", metavar="NUMBER|none", help="The most prompts of a day.")
@click.option("--unavailable", type=click.Choice(["default", "fail"]), help="If ChatGPT does not offer a response type.")
@click.option("--api-fallback", type=click.Choice(["on", "off"]), help="Use the OpenAI API, at your cost, when no browser can.")
@json_option
@data_dir_option
def set_rules(
    pause: float | None,
    daily_cap: str | None,
    unavailable: str | None,
    api_fallback: str | None,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Set the rules of the queue; what is not given stays."""
    rules: dict[str, Any] = {}
    if pause is not None:
        rules["pause_seconds"] = pause
    if daily_cap is not None:
        rules["daily_cap"] = read_cap(daily_cap)
    if unavailable is not None:
        rules["on_unavailable_mode"] = unavailable
    if api_fallback is not None:
        rules["api_fallback"] = api_fallback == "on"
    with connect(data_dir, running_only=True) as deskhand:
        changed = deskhand.call("PUT", f"{PATH}/settings", rules)
    show(changed, describe_rules, as_json=as_json)


def read_cap(text: str) -> int | None:
    """Read a daily cap. Raises UsageError."""
    if text.lower() == NO_LIMIT:
        return None
    if not text.isdecimal() or not int(text):
        raise click.UsageError("--daily-cap takes a number from 1, or none.")
    return int(text)


def describe_rules(rules: dict[str, Any]) -> Iterator[str]:
    """Describe the rules."""
    yield f"Pause between prompts: {rules['pause_seconds']:g} s"
    yield f"Prompts a day: {rules['daily_cap'] or 'no limit'}"
    yield f"If a response type is not offered: {rules['on_unavailable_mode']}"
    yield f"OpenAI API when no browser can: {'on' if rules['api_fallback'] else 'off'}"


@queue.group(epilog=example("deskhand queue dead list"))
def dead() -> None:
    """Handle dead letters: prompts that could not be sent after several attempts."""


@dead.command("list", epilog=example("deskhand queue dead list --json"))
@json_option
@data_dir_option
def list_dead(data_dir: Path | None, *, as_json: bool) -> None:
    """List the dead letters."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", f"{PATH}/prompts?group=dead&limit=500"), describe_page, as_json=as_json)


@dead.command("retry", epilog=example("deskhand queue dead retry"))
@data_dir_option
def retry_dead(data_dir: Path | None) -> None:
    """Put all dead letters back into the queue."""
    with connect(data_dir, running_only=True) as deskhand:
        count = deskhand.call("POST", f"{PATH}/dead/retry")["count"]
    say(f"{count} put back into the queue.")


@dead.command("discard", epilog=example("deskhand queue dead discard --yes"))
@yes_option
@data_dir_option
def discard_dead(data_dir: Path | None, *, yes: bool) -> None:
    """Discard all dead letters; they stay failed."""
    confirm("All dead letters are discarded.", yes=yes)
    with connect(data_dir, running_only=True) as deskhand:
        count = deskhand.call("POST", f"{PATH}/dead/discard")["count"]
    say(f"{count} discarded.")
