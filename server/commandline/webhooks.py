"""`deskhand webhooks`: where Deskhand sends its events."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from server.commandline.client import ask, connect
from server.core.command import format_command
from server.core.errors import DeskhandError, InvalidInput, NotFound
from server.sdk.cli import LocalApi, confirm, data_dir_option, example, json_option, print_json, say, say_time, show, yes_option

PATH = "/api/webhooks"
EMPTY = f"There are no webhooks yet. Add one: {format_command('webhooks add https://example.com/hook')}"
SHOWN_ONCE = "The receiver verifies signatures with this secret. It is shown only once."
SECONDS = 90.0  # that a test may take
which_argument = click.argument("which", metavar="NAME|ID|URL")


@click.group(epilog=example("deskhand webhooks add https://example.com/hook --type message.created"))
def webhooks() -> None:
    """Send events to other programs, such as n8n or Home Assistant, by webhook."""


@webhooks.command("list", epilog=example("deskhand webhooks list --json"))
@json_option
@data_dir_option
def list_webhooks(data_dir: Path | None, *, as_json: bool) -> None:
    """List the webhooks, the types of events and the local receivers."""
    listed = ask(data_dir, "GET", PATH)
    if as_json:
        print_json(listed)
        return
    for webhook in listed["webhooks"]:
        for line in describe(webhook):
            say(line)
    for event in listed["types"]:
        say(f"type {event['type']:<28} {event['text']}")
    for address in listed["local_receivers"]:
        say(f"local receiver {address}")
    if not listed["webhooks"]:
        click.echo(EMPTY, err=True)


@webhooks.command(epilog=example("deskhand webhooks add https://example.com/hook --name n8n --type message.created"))
@click.argument("url")
@click.option("--name", default="", help="A name for it.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="A type of events; repeatable. Default: all.")
@json_option
@data_dir_option
def add(url: str, name: str, types: tuple[str, ...], data_dir: Path | None, *, as_json: bool) -> None:
    """Add a webhook and print its signing secret, which is shown only once."""
    with connect(data_dir) as deskhand:
        known = [event["type"] for event in deskhand.call("GET", PATH)["types"]]  # without a server, none are known
        if unknown := sorted({*types} - {*known}) if known else []:
            raise click.UsageError(f"There are no events of the type {unknown[0]}. Types: {', '.join(known)}.")
        made = deskhand.call("POST", PATH, {"url": url, "name": name, "types": list(types)})
    if as_json:
        print_json(made)
        return
    say(made["secret"])
    say(SHOWN_ONCE, err=True)


@webhooks.command(epilog=example("deskhand webhooks remove n8n"))
@which_argument
@yes_option
@data_dir_option
def remove(which: str, data_dir: Path | None, *, yes: bool) -> None:
    """Remove a webhook with its log."""
    with connect(data_dir) as deskhand:
        webhook = find(deskhand, which)
        confirm(f"{title(webhook)} gets no more events, and its log is removed.", yes=yes)
        deskhand.call("DELETE", f"{PATH}/{webhook['id']}")
    say(f"{title(webhook)} was removed.")


@webhooks.command(epilog=example("deskhand webhooks enable n8n"))
@which_argument
@data_dir_option
def enable(which: str, data_dir: Path | None) -> None:
    """Turn a webhook on. What waits for it is sent."""
    switch(data_dir, which, "enabled", "on")


@webhooks.command(epilog=example("deskhand webhooks disable n8n"))
@which_argument
@data_dir_option
def disable(which: str, data_dir: Path | None) -> None:
    """Turn a webhook off. It gets no new events; what waits for it is kept."""
    switch(data_dir, which, "disabled", "off")


@webhooks.command(epilog=example("deskhand webhooks rotate n8n"))
@which_argument
@json_option
@data_dir_option
def rotate(which: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Replace the signing secret and print the new one. For a day both sign."""
    with connect(data_dir) as deskhand:
        made = deskhand.call("POST", f"{PATH}/{find(deskhand, which)['id']}/rotate")
    if as_json:
        print_json(made)
        return
    say(made["secret"])
    say(SHOWN_ONCE, err=True)


@webhooks.command(epilog=example("deskhand webhooks test n8n"))
@which_argument
@json_option
@data_dir_option
def test(which: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Send a test event and print what came of it."""
    with connect(data_dir, running_only=True) as deskhand:
        delivery = deskhand.call("POST", f"{PATH}/{find(deskhand, which)['id']}/test", seconds=SECONDS)
    show(delivery, describe_delivery, as_json=as_json)
    if delivery["state"] != "delivered":
        raise DeskhandError("The test event is not delivered yet.")


@webhooks.command(epilog=example("deskhand webhooks deliveries --state dead --json"))
@click.option("--state", type=click.Choice(["waiting", "delivered", "dead"]), help="Only those in this state.")
@click.option("--webhook", "which", metavar="NAME|ID|URL", help="Only those of this webhook.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many, newest first.")
@json_option
@data_dir_option
def deliveries(state: str | None, which: str | None, limit: int, data_dir: Path | None, *, as_json: bool) -> None:
    """Show the log of deliveries, newest first."""
    with connect(data_dir) as deskhand:
        chosen = find_id(deskhand, which)
        filters = f"{f'&endpoint={chosen}' if chosen else ''}{f'&state={state}' if state else ''}"
        page = deskhand.call("GET", f"{PATH}/deliveries?limit={limit}{filters}")
    if as_json:
        print_json(page["deliveries"])
        return
    for delivery in page["deliveries"]:
        for line in describe_delivery(delivery):
            say(line)
    if not page["deliveries"]:
        click.echo("There are no such deliveries.", err=True)


@webhooks.command(epilog=example("deskhand webhooks replay --all"))
@click.argument("delivery", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
@click.option("--webhook", "which", metavar="NAME|ID|URL", help="All dead letters of this webhook.")
@data_dir_option
def replay(delivery: int | None, which: str | None, data_dir: Path | None, *, everything: bool) -> None:
    """Deliver an event again, by its number in the log, or all dead letters."""
    if [delivery is not None, everything, which is not None].count(True) != 1:
        raise click.UsageError("Give the number of a delivery, --webhook or --all.")
    with connect(data_dir) as deskhand:
        if delivery is not None:
            deskhand.call("POST", f"{PATH}/deliveries/{delivery}/replay")
            count = 1
        else:
            chosen = find_id(deskhand, which)
            count = deskhand.call("POST", f"{PATH}/deliveries/replay", {"webhook": chosen})["count"]
    say(f"{count} to deliver again.")


@webhooks.command(epilog=example("deskhand webhooks discard --all"))
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
@click.option("--webhook", "which", metavar="NAME|ID|URL", help="All dead letters of this webhook.")
@yes_option
@data_dir_option
def discard(which: str | None, data_dir: Path | None, *, everything: bool, yes: bool) -> None:
    """Remove dead letters: events that could not be delivered."""
    if everything == (which is not None):
        raise click.UsageError("Give --webhook or --all.")
    with connect(data_dir) as deskhand:
        chosen = find_id(deskhand, which)
        confirm("Their events are not delivered any more.", yes=yes)
        say(f"{deskhand.call('POST', f'{PATH}/deliveries/discard', {'webhook': chosen})['count']} removed.")


@webhooks.command("allow-local", epilog=example("deskhand webhooks allow-local homeassistant.local:8123"))
@click.argument("address", metavar="HOST:PORT")
@click.option("--remove", "removing", is_flag=True, help="Take it off the list.")
@data_dir_option
def allow_local(address: str, data_dir: Path | None, *, removing: bool) -> None:
    """List a receiver on this computer or its network, so that webhooks may go there."""
    with connect(data_dir) as deskhand:
        listed = deskhand.call("GET", PATH)["local_receivers"]
        wanted = [known for known in listed if known != address] if removing else [*listed, address]
        if removing and wanted == listed:
            raise NotFound(f"{address} is not listed.")
        listed = deskhand.call("PUT", f"{PATH}/local-receivers", {"addresses": wanted})["addresses"]
    say(f"Local receivers: {', '.join(listed) or 'none'}")


def switch(data_dir: Path | None, which: str, state: str, shown: str) -> None:
    """Turn a webhook on or off."""
    with connect(data_dir) as deskhand:
        webhook = deskhand.call("PUT", f"{PATH}/{find(deskhand, which)['id']}", {"state": state})
    say(f"{title(webhook)} is {shown}.")


def find_id(deskhand: LocalApi, which: str | None) -> str:
    """Find the id of a webhook; empty, which stands for all, if none is named."""
    return "" if which is None else str(find(deskhand, which)["id"])


def find(deskhand: LocalApi, which: str) -> dict[str, Any]:
    """Find a webhook by name, id or address. Raises NotFound, and InvalidInput if several have the name."""
    listed = deskhand.call("GET", PATH)["webhooks"]
    matching: list[dict[str, Any]] = [webhook for webhook in listed if which in {webhook["name"], webhook["id"], webhook["url"]}]
    if not (matching and which):  # one without a name has an empty one
        raise NotFound(f"There is no webhook {which!r}. See `{format_command('webhooks list')}`.")
    if len(matching) > 1:
        raise InvalidInput(f"Several webhooks are called {which}. Give the id of one.")
    return matching[0]


def title(webhook: dict[str, Any]) -> str:
    """Name a webhook."""
    return str(webhook["name"] or webhook["url"])


def describe(webhook: dict[str, Any]) -> Iterable[str]:
    """Describe a webhook in lines."""
    state = {"enabled": "on", "disabled": "off", "unconfirmed": "off, from a backup"}[webhook["state"]]
    yield f"{webhook['id']}  {state:<4} {title(webhook)}"
    if webhook["name"]:
        yield f"    {webhook['url']}"
    yield f"    Events: {', '.join(webhook['types']) or 'all'}"
    if webhook["reason"]:
        yield f"    {webhook['reason']}"
    if webhook["waiting"] or webhook["dead"]:
        yield f"    {webhook['waiting']} waiting, {webhook['dead']} dead letters"


def describe_delivery(delivery: dict[str, Any]) -> Iterable[str]:
    """Describe a delivery in lines."""
    created = say_time(delivery["created_at"])
    yield f"{delivery['id']:>6}  {created}  {delivery['state']:<9} {delivery['type']} to {delivery['receiver']}"
    for attempt in delivery["attempts"][:1]:
        result = attempt["error"] or f"It answered {attempt['status']}."
        yield f"        Attempt {attempt['number']}, {attempt['duration_ms']} ms: {result}"
    if delivery["next_attempt_at"]:
        yield f"        Next attempt {say_time(delivery['next_attempt_at'])}"
