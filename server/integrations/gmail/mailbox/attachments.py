"""Files that go with mails: from a request, from ChatGPT, from Deskhand's folder for files, and into it."""

import base64
import binascii
import difflib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath

from server.core.errors import InvalidInput, NotFound, TooLarge, Unavailable
from server.core.file_names import clean_name
from server.integrations.gmail.accounts.accounts import Accounts
from server.integrations.gmail.mailbox.staged_files import Staging
from server.integrations.gmail.mime.compose import File, check_media_type
from server.integrations.gmail.models import MOST_FILES, Enclosing, FileReference, InlineFile

LARGEST_FILES = 25_000_000  # all files of a mail, as Gmail's own pages have it
TOO_LARGE = "Together the attachments are larger than 25 MB. Send fewer, or a link to them."
READING = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Files:
    """Files on their way into mails and out of them."""

    accounts: Accounts
    staging: Staging

    @property
    def folder(self) -> Path:
        return self.accounts.context.folders.files

    async def gather(self, order: Enclosing) -> tuple[File, ...]:
        """Get all files that a mail shall carry. Sizes are checked before anything large is read."""
        references, inline, named = order.openaiFileIdRefs, order.attachments, order.files
        if len(references) + len(inline) + len(named) > MOST_FILES:
            raise InvalidInput(f"A mail carries {MOST_FILES} files at most.")
        if sum(len(file.content) for file in inline) * 3 // 4 > LARGEST_FILES:
            raise TooLarge(TOO_LARGE)
        files = [decode_file(file) for file in inline]
        files += await self.accounts.run(self._read_named, named, remaining_bytes(files))
        fetched: list[File] = []
        for reference in references:
            fetched.append(await self._fetch(reference, remaining_bytes(files + fetched)))
        return (*fetched, *files)

    async def release(self, order: Enclosing) -> None:
        """Let go of what was fetched for a mail that is out."""
        links = [file.download_link for file in order.openaiFileIdRefs]
        await self.accounts.run(self.staging.discard, links)

    async def _fetch(self, reference: FileReference, room: int) -> File:
        link = reference.download_link
        staged = await self.accounts.run(self.staging.find, link)
        if staged:
            if len(staged.content) > room:
                raise TooLarge(TOO_LARGE)
            return staged
        if "://" not in link:
            raise InvalidInput("ChatGPT named a file without a link to it. Attach the file in the conversation again.")
        fetched = await self.accounts.context.fetch.get(link, largest=room)
        name = clean_name(reference.name) or fetched.name
        file = File(name, check_media_type(reference.mime_type or fetched.media_type), fetched.content)
        await self.accounts.run(self.staging.keep, link, file)
        return file

    def _read_named(self, names: list[str], room: int) -> list[File]:
        files: list[File] = []
        for name in names:
            files.append(read_named(self.folder, name, room))
            room -= len(files[-1].content)
        return files

    async def save(self, file: File) -> str:
        """Save a file into the folder, and answer the name that it got."""
        return await self.accounts.run(save_file, self.folder, file)


def remaining_bytes(files: list[File]) -> int:
    """Count the bytes that may still be attached."""
    return LARGEST_FILES - sum(len(file.content) for file in files)


def decode_file(inline: InlineFile) -> File:
    """Read a file that is written in the request."""
    name = clean_name(inline.name)
    if not name:
        raise InvalidInput("An attachment needs a name, such as report.pdf.")
    try:
        content = base64.b64decode("".join(inline.content.split()), altchars=None, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"The content of {name} is no base64.") from None
    return File(name, check_media_type(inline.media_type), content)


def read_named(folder: Path, name: str, room: int) -> File:
    """Read a file of the folder; nothing outside of it, and nothing that a link leads to."""
    if PurePath(name).name != name or clean_name(name) != name or (folder / name).is_symlink():
        raise not_there(folder, name)
    try:
        descriptor = os.open(folder / name, READING)
    except OSError:
        raise not_there(folder, name) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise not_there(folder, name)
        if status.st_size > room:
            raise TooLarge(TOO_LARGE)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(room + 1)
    finally:
        os.close(descriptor)
    if len(content) > room:
        raise TooLarge(TOO_LARGE)
    import mimetypes

    guessed, packed = mimetypes.guess_type(name)
    return File(name, guessed if guessed and not packed else UNKNOWN_TYPE, content)


def not_there(folder: Path, name: str) -> NotFound:
    """Say that a file is not in the folder, and which names come close."""
    there = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    close = difflib.get_close_matches(name, there, cutoff=0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return NotFound(f"There is no file of this name in Deskhand's folder for files.{hint}")


def save_file(folder: Path, file: File) -> str:
    """Save a file under its own name, or that with a number where one is there already."""
    proposed = clean_name(file.name).lstrip(".") or "attachment"
    plain = PurePath(proposed)
    for number in range(1, 1000):
        name = proposed if number == 1 else f"{plain.stem} ({number}){plain.suffix}"
        try:
            descriptor = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise not_saved(error) from None
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(file.content)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            (folder / name).unlink(missing_ok=True)  # half a file helps nobody
            raise not_saved(error) from None
        return name
    raise Unavailable("There are too many files of this name in Deskhand's folder for files. Take some away.")


def not_saved(error: OSError) -> Unavailable:
    """Say why a file was not saved."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unavailable("The disk is full, so the file was not saved. Make room and try again.")
    return Unavailable(f"The file could not be saved ({error.strerror}). Look at Deskhand's folder for files.")
