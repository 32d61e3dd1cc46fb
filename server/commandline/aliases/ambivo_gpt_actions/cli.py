"""Commands: each is one of Deskhand's, with a data directory of its own."""

import os
from pathlib import Path

import click

PRESET = "ambivo"
SCOPE = f"use:{PRESET}"
VARIABLE = "DESKHAND_TOOLS_PRESETS"  # presets that a server adds when it starts
data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="AMBIVO_GPT_DATA_DIR",
    help="The folder of all data. Default: one of its own, beside Deskhand's.",
)


def find_data_dir(data_dir: Path | None) -> Path:
    """Return the folder of all data."""
    from platformdirs import user_data_path

    return data_dir or user_data_path("ambivo-gpt-actions", appauthor=False, roaming=False)


def run_deskhand(arguments: list[str], data_dir: Path | None) -> None:
    """Run a command of Deskhand on the data directory."""
    from server.__main__ import start
    from server.commandline.root import build
    from server.sdk.cli import run

    run(build(start), [*arguments, "--data-dir", str(find_data_dir(data_dir))])


@click.group()
def cli() -> None:
    """Use Ambivo's CRM in ChatGPT."""


@cli.command()
@click.option("--host", default="localhost", envvar="AMBIVO_GPT_HOST", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, envvar="AMBIVO_GPT_PORT", show_default=True, help="The port."
)
@click.option("--public-url", help="The URL at which others reach it, also in your network: http://192.168.1.5:8080.")
@click.option("--verbose", "-v", is_flag=True, help="Log more to stderr.")
@data_dir_option
def serve(host: str, port: int, public_url: str | None, data_dir: Path | None, *, verbose: bool) -> None:
    """Serve until Ctrl+C. The first start installs Ambivo's MCP server."""
    os.environ.setdefault(VARIABLE, PRESET)
    folder = find_data_dir(data_dir)
    options = [*(["--public-url", public_url] if public_url else []), *(["--verbose"] if verbose else [])]
    run_deskhand(["serve", "--host", host, "--port", str(port), *options], folder)


@cli.command("generate-schema")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Default: openapi.yaml, or openapi.json.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@data_dir_option
def generate_schema(output: Path | None, form: str, data_dir: Path | None) -> None:
    """Write the OpenAPI document of Ambivo's tools. The server must be running."""
    target = output or Path(f"openapi.{form}")
    scope = ["--scope", SCOPE] if PRESET in os.environ.get(VARIABLE, PRESET) else []  # a GPT takes too few operations for all
    run_deskhand(["generate-schema", "--format", form, "--output", str(target), *scope], data_dir)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    cli.main(args=arguments, prog_name="ambivo-gpt-actions")
