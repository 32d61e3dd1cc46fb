"""`deskhand openai`: the key, the models, and what they cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from server.core.command import format_command
from server.core.errors import DeskhandError
from server.sdk.cli import (
    LocalApi,
    confirm,
    connect,
    data_dir_option,
    example,
    json_option,
    read_secret,
    say,
    show,
    yes_option,
)

NO_KEY = f"There is no key. Enter one: {format_command('openai key')}"


@click.group(epilog=example("deskhand openai test"))
def openai() -> None:
    """Hold conversations with OpenAI's models: the key, the models, and what they cost."""


def describe_money(amount: str | None) -> str:
    """Write an amount; an unknown one is not zero."""
    return "unknown" if amount is None else f"${amount}"


def describe_connection(view: dict[str, Any]) -> Iterator[str]:
    """Say how OpenAI is used."""
    yield f"Key: …{view['key_hint']}" if view["key_is_set"] else "Key: not needed" if view["is_free"] else NO_KEY
    if view["base_url"]:
        yield f"Base URL: {view['base_url']}"
    yield f"Model: {view['model'] or 'the newest one'}"
    for name, model in sorted(view["aliases"].items()):
        yield f"  {name} stands for {model}"
    budget = "no budget" if view["budget"] is None else f"budget ${view['budget']}"
    yield f"Spent this month: ${view['spent']}, {budget}"
    if view["from_environment"]:
        yield f"From the environment: {', '.join(view['from_environment'])}"
    if view["problem"]:
        yield view["problem"]


@openai.command("status", epilog=example("deskhand openai status --json"))
@json_option
@data_dir_option
def status_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Say how OpenAI is used."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/openai"), describe_connection, as_json=as_json)


@openai.command("test", epilog=example("deskhand openai test"))
@json_option
@data_dir_option
def test_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Test the key, the address and the model; exit code 1 if something does not work."""
    with connect(data_dir, running_only=True) as deskhand:
        result = deskhand.call("POST", "/api/openai/test", seconds=60)
    if as_json or result["ok"]:
        show(result, lambda result: [result["message"]], as_json=as_json)
    if not result["ok"]:
        if as_json:
            click.get_current_context().exit(1)
        raise DeskhandError(result["message"])


@openai.command("key", epilog=example("deskhand openai key < key.txt"))
@click.option("--remove", is_flag=True, help="Forget the key.")
@yes_option
@data_dir_option
def key_command(data_dir: Path | None, *, remove: bool, yes: bool) -> None:
    """Store the API key in the keyring; it is typed unseen or comes from stdin, never as an argument."""
    if remove:
        confirm("Deskhand can no longer use OpenAI.", yes=yes)
    key = "" if remove else read_secret("API key")
    with connect(data_dir, running_only=True) as deskhand:
        if remove:
            deskhand.call("DELETE", "/api/openai/key")
            say("Key removed.")
            return
        result = deskhand.call("PUT", "/api/openai/key", {"key": key}, seconds=60)
    say(f"Key saved. {result['message']}")


def describe_models(answer: dict[str, Any]) -> Iterator[str]:
    """Say which models there are."""
    for model in answer["models"]:
        yield f"{model['id']:<32} {model['warning'] or ''}".rstrip()
    if not answer["models"]:
        yield "There are no models for conversations."


@openai.command("models", epilog=example("deskhand openai models --json"))
@json_option
@data_dir_option
def models_command(data_dir: Path | None, *, as_json: bool) -> None:
    """List the models for conversations, with those that will be shut down."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/openai/models?fresh=true", seconds=60), describe_models, as_json=as_json)


@openai.command("alias", epilog=example("deskhand openai alias gpt-4 gpt-6-luna"))
@click.argument("name")
@click.argument("model", required=False)
@click.option("--remove", is_flag=True, help="Remove the alias.")
@data_dir_option
def alias_command(name: str, model: str | None, data_dir: Path | None, *, remove: bool) -> None:
    """Let NAME stand for MODEL, such as the name of a model that was shut down."""
    if bool(model) == remove:
        raise click.UsageError("Give a model, or --remove.")
    with connect(data_dir, running_only=True) as deskhand:
        aliases = deskhand.call("GET", "/api/openai")["aliases"]
        if remove and name not in aliases:
            raise DeskhandError(f"There is no alias {name}.")
        others = {key: value for key, value in aliases.items() if key != name}
        deskhand.call("PUT", "/api/openai", {"aliases": {**others, name: model} if model else others})
    say(f"{name} stands for {model}." if model else f"Alias {name} removed.")


@openai.command("budget", epilog=example("deskhand openai budget 20"))
@click.argument("dollars", required=False)
@click.option("--project", default="", help="The id of the project that it is for. Default: all together.")
@click.option("--remove", is_flag=True, help="Remove the limit.")
@json_option
@data_dir_option
def budget_command(dollars: str | None, project: str, data_dir: Path | None, *, remove: bool, as_json: bool) -> None:
    """Limit what a month may cost to so many US DOLLARS; without them, say what is spent."""
    if dollars and remove:
        raise click.UsageError("Give an amount, or --remove.")
    what = f"Project {project}" if project else "All projects together"
    with connect(data_dir, running_only=True) as deskhand:
        if dollars or remove:
            deskhand.call("PUT", "/api/openai/budget", {"budget": dollars, "project": project})
        if as_json or (project and not dollars and not remove):
            show(read_budget(deskhand, project), lambda budget: [f"{what}: {describe_budget(budget)}"], as_json=as_json)
        elif dollars or remove:
            say(f"{what}: ${dollars} a month." if dollars else f"{what}: no limit.")
        else:
            show(deskhand.call("GET", "/api/openai"), describe_connection, as_json=False)


def read_budget(deskhand: LocalApi, project: str) -> dict[str, Any]:
    """Read a budget and what is spent of it. Raises DeskhandError for a project that is not there."""
    if not project:
        view = deskhand.call("GET", "/api/openai")
        return {name: view[name] for name in ("budget", "spent", "reserved")}
    for row in deskhand.call("GET", "/api/chat-projects")["projects"]:
        if row["id"] == project:
            return {name: row[name] for name in ("budget", "spent")}
    raise DeskhandError(f"There is no project {project}.")


def describe_budget(budget: dict[str, Any]) -> str:
    """Say what is spent this month, and what may be."""
    limit = "no limit" if budget["budget"] is None else f"${budget['budget']} a month"
    return f"{describe_money(budget['spent'])} spent this month, {limit}."


@openai.command("webhook", epilog=example("deskhand openai webhook on"))
@click.argument("switch", type=click.Choice(["on", "off"]))
@data_dir_option
def webhook_command(switch: str, data_dir: Path | None) -> None:
    """Let OpenAI report finished answers to your public address, or stop that."""
    with connect(data_dir, running_only=True) as deskhand:
        deskhand.call("PUT", "/api/openai", {"webhook_allowed": switch == "on"})
    say(
        "OpenAI reports finished answers to your public address, while there is one."
        if switch == "on"
        else "OpenAI reports nothing."
    )


def describe_usage(report: dict[str, Any]) -> Iterator[str]:
    """Say what was used, by month and project."""
    for month in report["months"]:
        yield f"{month['month']}  {describe_sum(month)}"
        for project in month["projects"]:
            yield f"    {project['name'] or 'No project':<24} {describe_sum(project)}"
    if not report["months"]:
        yield "Nothing has been used yet."


def describe_sum(usage: dict[str, Any]) -> str:
    """Say what was used and what it cost."""
    count = usage["unknown_calls"]
    calls = "1 request" if count == 1 else f"{count} requests"
    unknown = f" and {calls} of unknown cost" if count and usage["cost"] else ""
    return f"{usage['input_tokens']:,} tokens in, {usage['output_tokens']:,} out, {describe_money(usage['cost'])}{unknown}"


@openai.command("usage", epilog=example("deskhand openai usage --json"))
@json_option
@data_dir_option
def usage_command(data_dir: Path | None, *, as_json: bool) -> None:
    """Show tokens and cost by month and project."""
    with connect(data_dir, running_only=True) as deskhand:
        show(deskhand.call("GET", "/api/openai/usage"), describe_usage, as_json=as_json)
