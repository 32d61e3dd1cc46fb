"""Files of prompts: stored in the prompt's transaction, read in pieces. Each function is a part of its caller's transaction."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from server.core.errors import Conflict, NotFound
from server.integrations.queue.models import PromptFile
from server.integrations.queue.store.tables import attachment, prompt
from server.integrations.queue.store.transitions import STALE

PIECE = (
    select(prompt.c.token, func.substr(attachment.c.data, bindparam("start"), bindparam("most")).label("data"))
    .join(attachment, attachment.c.prompt == prompt.c.number)
    .where(prompt.c.id == bindparam("which"), attachment.c.place == bindparam("place"))
)
NOT_THERE = "This prompt has no such file."


def make_rows(number: int, files: Sequence[PromptFile]) -> Iterator[dict[str, Any]]:
    """Make the rows of a prompt's files."""
    return ({"prompt": number, "place": place, "data": file.data} for place, file in enumerate(files))


def add_files(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store files of prompts that are new."""
    connection.execute(insert(attachment), rows)


def read_piece(connection: Connection, prompt_id: str, token: int, place: int, offset: int, most: int) -> bytes:
    """Read a piece of a file for the holder of the prompt's lease; empty behind its end. Raises NotFound and Conflict."""
    row = connection.execute(PIECE, {"which": prompt_id, "place": place, "start": offset + 1, "most": most}).first()
    if row is None:
        raise NotFound(NOT_THERE)
    if row.token != token:
        raise Conflict(STALE)
    return bytes(row.data)
