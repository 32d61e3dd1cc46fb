"""Exports: a stream of a zip, or a file of this computer."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile, is_zipfile

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.export import markdown, original_form
from server.integrations.conversations.export.contents import ExportedFiles
from server.integrations.conversations.export.json_form import JsonWriter
from server.integrations.conversations.export.models import ExportFormat, ExportOrder, ExportReport, FileOrder
from server.integrations.conversations.export.selection import select_chats
from server.integrations.conversations.export.zip_stream import ZipStream
from server.integrations.conversations.files.assets import AssetFiles
from server.integrations.conversations.library.library import FoundChat, Library
from server.integrations.conversations.search.search import Search
from server.integrations.conversations.store.reading import Row
from server.system.files import create_private_file, move, not_stored, sync

CHUNK = 256 * 1024
NOTHING = "No conversation fits, so there is nothing to export."
NO_NAME = "Enter the full path of a file in a folder that is there."
TAKEN = "{name} is there already. Choose another name, or overwrite an older export."
FOREIGN = "{name} is no zip file, so it stays as it is. Choose another name."


class Writer(Protocol):
    """Writes conversations in one form."""

    def write(self, chat: FoundChat) -> AsyncIterator[None]:
        """Write a conversation, piece by piece."""

    def finish(self) -> AsyncIterator[None]:
        """Write what comes after the last one."""


@dataclass(frozen=True)
class Form:
    """A form of exports: its writer, and the names of files of messages."""

    writer: Callable[[ZipStream, ExportedFiles], Writer]
    name_file: Callable[[Row], str]


FORMS = {
    ExportFormat.markdown: Form(markdown.MarkdownWriter, markdown.name_file),
    ExportFormat.json: Form(JsonWriter, markdown.name_file),
    ExportFormat.original: Form(original_form.OriginalWriter, original_form.name_file),
}


class Export:
    """One export. Its counts are complete once the stream has ended."""

    def __init__(self, order: ExportOrder, files: AssetFiles, chats: AsyncIterator[FoundChat], first: FoundChat) -> None:
        form = FORMS[order.format]
        self._zip = ZipStream()
        self.files = ExportedFiles(self._zip, files, form.name_file)
        self._writer = form.writer(self._zip, self.files)
        self._chats, self._first = chats, first
        self.chats = 0

    async def stream(self) -> AsyncIterator[bytes]:
        """Make the zip, piece by piece."""
        try:
            async for _ in self._write_all():
                if len(self._zip.pipe) >= CHUNK:
                    yield self._zip.pipe.take()
        finally:
            self._zip.close()
        yield self._zip.pipe.take()

    async def _write_all(self) -> AsyncIterator[None]:
        async for _ in self._writer.write(self._first):
            yield
        self.chats += 1
        async for chat in self._chats:
            async for _ in self._writer.write(chat):
                yield
            self.chats += 1
        async for _ in self._writer.finish():
            yield


class Exports:
    """Exports conversations."""

    def __init__(self, library: Library, search: Search, files: AssetFiles) -> None:
        self._library, self._search, self._files = library, search, files

    async def begin(self, order: ExportOrder) -> Export:
        """Begin an export. Raises NotFound if no conversation fits."""
        chats = select_chats(self._library, self._search, order)
        first = await anext(chats, None)
        if first is None:
            raise NotFound(NOTHING)
        return Export(order, self._files, chats, first)

    async def write(self, order: FileOrder) -> ExportReport:
        """Export into a file, which appears whole or not at all. Raises Conflict if it is there already."""
        path = Path(order.path)
        await asyncio.to_thread(check_target, path, overwrite=order.overwrite)
        export = await self.begin(order)
        new = path.with_name(f".deskhand-export-{secrets.token_hex(8)}.new")
        try:
            with await asyncio.to_thread(create_private_file, new) as file:
                async for chunk in export.stream():
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(finish, new, path)
        except OSError as error:
            raise not_stored(error, path.name) from error
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        return ExportReport(path=str(path), chats=export.chats, files=export.files.count, missing=export.files.missing)


def finish(new: Path, path: Path) -> None:
    """Give a complete file its name."""
    sync(new)
    move(new, path)


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raise InvalidInput for a path that no file can have, Conflict for a file that may not be replaced."""
    try:
        if b"\0" in str(path).encode() or not path.is_absolute() or not path.parent.is_dir():
            raise InvalidInput(NO_NAME)
        if path.is_symlink() or (path.exists() and not (overwrite and is_zipfile(path))):
            raise Conflict((FOREIGN if overwrite else TAKEN).format(name=path.name))
    except (OSError, ValueError, BadZipFile) as error:
        raise InvalidInput(NO_NAME) from error
