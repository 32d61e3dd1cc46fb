"""Imports over two databases, with exports of a test."""

import json
from pathlib import Path
from typing import Any

from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.models import Import, State
from server.sdk.context import Context
from tests.history_exports import text, thread

CHATS = [thread("a", ("user", text("first question")), ("assistant", text("an answer"))), thread("b", ("user", text("second")))]


def write(folder: Path, *items: Any, name: str = "conversations.json") -> str:
    """Write an export of a list; return its path."""
    path = folder / name
    path.write_text(json.dumps(items))
    return str(path)


async def finish(imports: Imports, current: Import) -> Import:
    """Wait until an import is ready or has ended."""
    while (current := await imports.wait(current.id, 30)).state in {State.previewing, State.running}:
        pass
    return current


async def import_all(imports: Imports, path: str) -> Import:
    """Import an export at once."""
    return await finish(imports, await imports.create(path, start=True))


async def count(context: Context) -> int:
    """Count the conversations of the archive."""
    statement = "SELECT count(*) FROM chat_conversation"
    return int(await context.archive.read(lambda connection: connection.exec_driver_sql(statement).scalar_one()))
