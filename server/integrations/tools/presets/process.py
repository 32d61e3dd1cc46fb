"""Programs that install: run under the guard that ends them, with all that they started, when Deskhand is gone."""

import asyncio
import os
import re
from collections import deque
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from server.core.errors import UpstreamFailed
from server.core.invisible import show_line
from server.integrations.tools.models import Connection, Transport
from server.system.environment import clean_environment

LAST_LINES = 40
LONGEST_ERROR = 400  # characters
SETTINGS = re.compile(
    r"(PIP|UV|NPM_CONFIG)_\w+|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS", re.IGNORECASE
)
FIXED = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NODE_USE_SYSTEM_CA": "1", "NO_COLOR": "1"}
ERROR_LINE = re.compile(r"(npm error|ERROR:)\s*(?P<text>.+)")


def installer_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The person's variables, with those that package managers read: proxies, certificates, and where packages come from."""
    variables = os.environ if environment is None else environment
    return clean_environment() | {name: value for name, value in variables.items() if SETTINGS.fullmatch(name)} | FIXED


async def run_program(command: list[str], folder: Path, on_line: Callable[[str], None]) -> list[str]:
    """Run a program to its end; return the last lines of its output. Raises UpstreamFailed with its error if it fails.

    A caller that is cancelled ends it, with everything that it started.
    """
    stdio = await asyncio.to_thread(import_module, "server.integrations.tools.adapter.stdio")
    connection = Connection(
        id="preset",
        title="preset",
        transport=Transport.stdio,
        command=tuple(command),
        folder=str(folder),
        environment=installer_environment(),
    )
    child = await stdio.start(connection)
    output: deque[str] = deque(maxlen=LAST_LINES)
    try:
        child.process.stdin.close()
        streams = (child.process.stdout, child.process.stderr)
        await asyncio.gather(*(read_lines(stream, output, on_line) for stream in streams))
        await child.process.wait()
    finally:
        await stdio.stop(child)
    if child.process.returncode:
        raise UpstreamFailed(f"The installation failed: {find_error(output)}")
    return list(output)


async def read_lines(stream: asyncio.StreamReader, output: deque[str], on_line: Callable[[str], None]) -> None:
    """Read lines of a stream to its end."""
    while line := await stream.readline():
        text = show_line(line.decode("utf-8", "replace").strip())
        output.append(text)
        on_line(text)


def find_error(output: deque[str]) -> str:
    """Find the line that says what went wrong: the first error, or the last line."""
    errors = (match["text"] for line in output if (match := ERROR_LINE.match(line)))
    return next(errors, output[-1] if output else "it said nothing.")[:LONGEST_ERROR]
