"""Conversations as Markdown: a file for each, with footnotes, and with the files of messages in a folder beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from server.core.file_names import clean_name
from server.integrations.conversations.export.contents import ExportedFiles, find_path, read_nodes, read_some
from server.integrations.conversations.export.file_names import FileNames, name_chat
from server.integrations.conversations.export.message_markdown import make_line, render
from server.integrations.conversations.export.zip_stream import ZipStream
from server.integrations.conversations.library.library import FoundChat, to_iso
from server.integrations.conversations.store.reading import Row

DIGITS = 16  # of a digest, which keep files of the same name apart
OTHERS = "---\n\n*The messages below belong to other branches.*\n\n"


class MarkdownWriter:
    """Writes conversations as Markdown."""

    def __init__(self, zip_stream: ZipStream, files: ExportedFiles) -> None:
        self._zip, self._files, self._names = zip_stream, files, FileNames()

    async def write(self, chat: FoundChat) -> AsyncIterator[None]:
        """Write a conversation: the branch that is shown first, then the messages of the others."""
        row = chat.row
        names = await self._files.add(chat)
        nodes = await read_nodes(chat)
        path = find_path(nodes, chat.current_message) or list(nodes)
        shown = set(path)
        others = [message_id for message_id in nodes if message_id not in shown]
        numbers = {message_id: number for number, message_id in enumerate([*path, *others], 1)}
        name = self._names.add(name_chat(row["title"], row["created_at"], ".md"))
        with self._zip.entry(name, row["updated_at"]) as entry:
            await write_text(entry, describe(row))
            for heading, ids in (("", path), (OTHERS, others)):
                if ids:
                    await write_text(entry, heading)
                async for rows in read_some(chat, ids):
                    text = "".join(render(message, numbers, names) for message in rows)
                    await write_text(entry, text)
                    yield
        async for _ in self._files.write():
            yield

    async def finish(self) -> AsyncIterator[None]:
        """Write what all have in common: the files that are left, of which there are none."""
        async for _ in self._files.write():
            yield


def name_file(row: Row) -> str:
    """Name a file of a message in the zip: by its content and its own name."""
    return f"assets/{row['sha256'][:DIGITS]}/{clean_name(row['name']) or 'file'}" if row["sha256"] else ""


async def write_text(entry: IO[bytes], text: str) -> None:
    """Write text."""
    await asyncio.to_thread(entry.write, text.encode("utf-8", "replace"))


def describe(row: Row) -> str:
    """Write the heading of a conversation and what is known of it."""
    facts = {
        "Project": row["project_name"] or row["project"],
        "Model": row["model"],
        "Created": to_iso(row["created_at"]),
        "Updated": to_iso(row["updated_at"]),
        "Id": row["id"],
    }
    lines = [f"* {name}: {make_line(value)}" for name, value in facts.items() if value]
    return f"# {make_line(row['title']) or 'Untitled'}\n\n" + "\n".join(lines) + "\n\n"
