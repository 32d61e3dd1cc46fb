"""Conversations as Markdown: a file for each, with footnotes, and with the files of messages in a folder beside it."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import IO

from server.core.file_names import clean_name
from server.integrations.conversations.export.contents import ExportedFiles, find_path, read_some
from server.integrations.conversations.export.file_names import FileNames, name_chat
from server.integrations.conversations.export.zip_stream import ZipStream
from server.integrations.conversations.library import FoundChat, read_details, to_iso
from server.integrations.conversations.models import Attachment, Citation, Details, Kind
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row

ROLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
FENCED = {Kind.code, Kind.output}
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
TICKS = re.compile(r"`{3,}")
FOOTNOTE = re.compile(r"\[\^(\d+)\]")
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
        nodes = await chat.database.read(reading.read_nodes, chat.key)
        path = find_path(nodes, row["current_message"]) or list(nodes)
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


def make_line(text: str) -> str:
    """Put a text into one line."""
    return " ".join(text.split())


def render(row: Row, numbers: Mapping[str, int], names: Mapping[str, str]) -> str:
    """Write a message. Its footnotes get its number, so that each is unique in the file."""
    details, number = read_details(row["details"]), numbers[row["id"]]
    parts = [make_heading(row, details, numbers), make_body(row, details, number)]
    parts += [make_link(attachment, names.get(attachment.id, "")) for attachment in details.attachments]
    parts += make_footnotes(details.citations, number)
    return "\n\n".join(part for part in parts if part) + "\n\n"


def make_heading(row: Row, details: Details, numbers: Mapping[str, int]) -> str:
    """Write whose a message is and when it was written; of a branch also the message that it follows."""
    author = make_line(details.name) or ROLES.get(row["role"], row["role"])
    kind, time = row["kind"] if row["kind"] != Kind.text else "", to_iso(row["created_at"])
    about = [text for text in (author, kind, time) if text]
    number, parent = numbers[row["id"]], numbers.get(row["parent"], 0)
    follows = f" (follows message {parent})" if parent not in {0, number - 1} else ""
    return f"## {number}. {' · '.join(about)}{follows}"


def make_body(row: Row, details: Details, number: int) -> str:
    """Write the text of a message: code in a fence, thoughts as a quotation."""
    text: str = row["text"].strip("\n")
    if row["kind"] in FENCED:
        fence = "`" * max([3, *(len(ticks) + 1 for ticks in TICKS.findall(text))])
        return f"{fence}{make_line(details.language).replace('`', '')}\n{text}\n{fence}"
    known = {str(citation.number) for citation in details.citations}

    def renumber(match: re.Match[str]) -> str:
        return f"[^{number}-{match[1]}]" if match[1] in known else match[0]

    text = FOOTNOTE.sub(renumber, text) if known else text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if row["kind"] == Kind.thoughts else text


def make_link(attachment: Attachment, name: str) -> str:
    """Link a file, or say that it is not there."""
    label = escape(attachment.name or name.rpartition("/")[2] or attachment.id)
    if not name:
        return f"*{label} (not in this export)*"
    return f"{'!' if name.lower().endswith(PICTURES) else ''}[{label}](<{name}>)"


def make_footnotes(citations: tuple[Citation, ...], number: int) -> Iterator[str]:
    """Write the sources of a message."""
    for citation in citations:
        title = escape(citation.title) or citation.url
        url = re.sub(r"[<>\s]", "", citation.url)
        yield f"[^{number}-{citation.number}]: " + (f"[{title}](<{url}>)" if url else title)


def escape(text: str) -> str:
    """Write a text in one line, without an effect in a link."""
    return re.sub(r"([\[\]\\*_`<>])", r"\\\1", make_line(text))
