"""Start of the demo CRM: the command for a process of its own, and what that process runs."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from server.core.resources import PACKAGE

MODULE = "server.integrations.tools.fake.launch"


def crm_command() -> list[str]:
    """Return the command that runs the demo CRM over its standard streams."""
    return [sys.executable, "-m", MODULE]


def crm_environment() -> dict[str, str]:
    """Return the variables that the command needs to find Deskhand's code."""
    return {"PYTHONPATH": str(Path(PACKAGE).parent), "PYTHONSAFEPATH": "1"}


def main(arguments: Sequence[str]) -> None:
    """Run the CRM: over standard streams, or with `--port` over HTTP on this computer."""
    from server.integrations.tools.fake.crm import create_server

    server = create_server()
    if arguments[:1] == ["--port"]:
        server.run("streamable-http", host="127.0.0.1", port=int(arguments[1]))
    else:
        server.run("stdio")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main(sys.argv[1:])
