"""The file of a watched configuration: when it has changed, and what is in it."""

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.core.errors import DeskhandError, InvalidInput
from server.integrations.tools.config.document import LARGEST, TOO_LARGE, read_document
from server.integrations.tools.config.parser import find_servers, make_id, parse_config
from server.integrations.tools.models import Imported

READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NO_FILE = "This is not a file."
MISSING = "The file does not exist."
UNREADABLE = "The file cannot be read."

Signature = tuple[int, int, int, int] | None  # None: there is no such file


@dataclass(frozen=True)
class Contents:
    """Servers in the file. `ids`: of all, also of those that cannot be used, which stay as they are."""

    imported: Imported
    ids: tuple[str, ...]


def read_signature(path: Path) -> Signature:
    """Read by what a change of the file is noticed. Blocks."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def read_file(path: Path) -> str:
    """Read the file. Raises InvalidInput if it is none, or too large. Blocks, but not on a pipe."""
    try:
        handle = os.open(path, READING)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InvalidInput(NO_FILE)
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InvalidInput(MISSING if error.errno == errno.ENOENT else UNREADABLE) from error
    if len(content) > LARGEST:
        raise InvalidInput(TOO_LARGE)
    return content.decode("utf-8", "replace")


def read_contents(path: Path, inputs: Mapping[str, str]) -> Contents:
    """Read the servers in the file; none is possible. Raises an error of ours with a sentence. Blocks."""
    text = read_file(path)
    document, _ = read_document(text)
    servers, _ = find_servers(document, [])
    ids: list[str] = []
    for name in servers:
        ids.append(make_id(name, ids))
    if not servers:
        return Contents(Imported(upstreams=(), secrets={}), ())
    return Contents(parse_config(text, {**os.environ, **inputs}, inputs), tuple(ids))


def explain(error: DeskhandError) -> str:
    """Explain an error of the file; the servers stay as they are meanwhile."""
    return f"{error.detail} The servers stay as they were."
