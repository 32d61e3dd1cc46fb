"""Commands that look at Deskhand or control it: addresses, quit, pause, resume, generate-schema, doctor."""

import json
from pathlib import Path

import click

from server.commandline.client import ask
from server.core.command import format_command
from server.core.errors import InvalidInput
from server.sdk.cli import NumberRange, PathType, data_dir_option, example, json_option, print_json, say


@click.command(epilog=example("deskhand addresses --json"))
@json_option
@data_dir_option
def addresses(data_dir: Path | None, *, as_json: bool) -> None:
    """Show all addresses to copy."""
    listed = ask(data_dir, "GET", "/api/addresses", running_only=True)
    if as_json:
        print_json(listed)
        return
    for name, value in listed.items():
        for label, address in value.items() if isinstance(value, dict) else [(name, value)]:
            say(f"{label:<14} {address}")


@click.command("quit", epilog=example("deskhand quit"))
@data_dir_option
def quit_deskhand(data_dir: Path | None) -> None:
    """Quit Deskhand."""
    ask(data_dir, "POST", "/api/quit", running_only=True)
    click.echo("Shutting down…")


@click.command(epilog=example("deskhand pause 15"))
@click.argument("minutes", type=NumberRange(min=0, min_open=True, max=525_600), required=False)
@data_dir_option
def pause(minutes: float | None, data_dir: Path | None) -> None:
    """Block all changes for MINUTES, or until `deskhand resume`."""
    ask(data_dir, "POST", "/api/pause", {"minutes": minutes})
    span = f"for {minutes:g} minute{'s' if minutes != 1 else ''}" if minutes else f"until `{format_command('resume')}`"
    click.echo(f"Paused {span}.")


@click.command(epilog=example("deskhand resume"))
@data_dir_option
def resume(data_dir: Path | None) -> None:
    """Allow changes again after a pause."""
    ask(data_dir, "DELETE", "/api/pause")
    click.echo("Resumed.")


@click.command("generate-schema", epilog=example("deskhand generate-schema my-gpt --output openapi.yaml"))
@click.argument("client", required=False)
@click.option("--scope", default="", help="Only the operations of this scope, such as use:crm.")
@click.option("--output", type=PathType(dir_okay=False), help="The file to write. Default: stdout.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="Default: as the file's name ends, else yaml.")
@data_dir_option
def generate_schema(client: str | None, scope: str, output: Path | None, form: str | None, data_dir: Path | None) -> None:
    """Write the OpenAPI document of all operations, or of CLIENT's."""
    from urllib.parse import urlencode

    from server.projections.openapi import find_excesses, list_operations

    query = urlencode({"scope": scope} | ({"client": client} if client else {}))
    document = ask(data_dir, "GET", f"/api/schema?{query}", running_only=True)
    for excess in find_excesses(list_operations(document)):
        say(f"Not for ChatGPT: {excess}", err=True)
    if (form or (output.suffix if output else "")).lstrip(".") == "json":
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    else:
        from server.public.pages import write_yaml

        text = write_yaml(document)
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"{output} could not be written: {error.strerror}.") from None
        say(f"Written to {output}.")


@click.command(epilog=example("deskhand doctor"))
@json_option
@data_dir_option
def doctor(data_dir: Path | None, *, as_json: bool) -> None:
    """Check the setup: ✓ fine, ○ not set up yet, ✕ a problem. Exits with 1 if there is a problem."""
    checks = ask(data_dir, "GET", "/api/checks")
    if as_json:
        print_json(checks)
    for check in [] if as_json else checks:
        mark = "✕" if not check["well"] else "○" if check["to_do"] else "✓"
        say(f"{mark} {check['what']}: {check['detail']}")
    if not all(check["well"] for check in checks):
        raise SystemExit(1)
