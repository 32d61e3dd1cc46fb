"""`deskhand extension`: the browser extension as a folder and a zip, and how to load it."""

from pathlib import Path
from typing import Any

import click

from server.core.errors import DeskhandError
from server.integrations.queue.extension_files import NAME, Target, make_zip, read_manifest, write_extension
from server.sdk.cli import PathType, connect, data_dir_option, example, json_option, print_json, say
from server.system.files import not_stored

HELP = """Write the browser extension and explain how to load it.

The folder is for a browser on this computer, the zip for passing it on. After an update, run this again with the same
--output and reload the extension in the browser.
"""
STEPS = (
    "1. Open chrome://extensions in Chrome or Chromium 116 or newer (edge://extensions in Edge).",
    "2. Turn on Developer mode.",
    "3. Choose Load unpacked, and this folder: {folder}",
    "4. In Deskhand's window, open Browser queue, then its settings, and choose Show code.",
    "5. Click the extension's icon and enter the code. Deskhand's address is {address}.",
    "6. Confirm the browser under Approvals.",
)


@click.command("extension", help=HELP, epilog=example("deskhand extension --output ~/Downloads"))
@click.option(
    "--output",
    type=PathType(file_okay=False),
    default=Path(),
    help="Where the folder and the zip are written. Default: here.",
)
@json_option
@data_dir_option
def extension(output: Path, data_dir: Path | None, *, as_json: bool) -> None:
    """Write the browser extension."""
    output = output.expanduser().absolute()
    target, connected = ask_running(data_dir)
    try:
        folder = write_extension(output / NAME, target)
        archive = output / f"{NAME}.zip"
        archive.unlink(missing_ok=True)  # a link, not to where it leads
        archive.write_bytes(make_zip(target))
    except OSError as error:
        raise not_stored(error, str(output)) from error
    manifest = read_manifest()
    outdated = [browser for browser in connected if browser["version"] != manifest.version]
    if as_json:
        files = {"folder": str(folder), "zip": str(archive), "address": target.deskhand}
        print_json({**files, "version": manifest.version, "id": manifest.extension_id, "outdated": outdated})
        return
    say(f"Extension {manifest.version} written to {folder} and {archive}.")
    say("")
    for step in STEPS:
        say(step.format(folder=folder, address=target.deskhand))
    for browser in outdated:
        say("")
        say(f"{browser['name']} has version {browser['version']}. Replace its folder by this one and reload the extension.")


def ask_running(data_dir: Path | None) -> tuple[Target, list[dict[str, Any]]]:
    """Ask the running server for its address and the paired browsers; without one the port is the usual."""
    try:
        with connect(data_dir, running_only=True) as deskhand:
            address = deskhand.call("GET", "/api/addresses")["here"]
            paired = deskhand.call("GET", "/api/extension")
            return Target(paired["site"], address.rstrip("/")), paired["extensions"]
    except DeskhandError:
        return Target(), []
