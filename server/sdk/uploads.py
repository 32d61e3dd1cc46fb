"""Files that a browser sends as the body of a request.

    @local.post("/upload", max_body_size=LARGEST_UPLOAD)
    async def upload(request: Request, …) -> …:
        path = await receive_upload(request, context.folders)

A route with another limit than the surface's own needs `max_body_size`.
"""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from fastapi import Request

from server.core.errors import TooLarge, Unavailable
from server.core.file_names import clean_name
from server.storage.data_dir import Folders
from server.system.files import create_private_file, make_private_folder, not_stored

GIBIBYTE = 1 << 30
LARGEST_UPLOAD = 8 * GIBIBYTE
ROOM_TO_LEAVE = 256 << 20
CHUNK = 1 << 20  # bytes that are written at once
FOLDER = "uploads"
NAME_HEADER = "x-file-name"
NO_ROOM = "The disk has no room for this file. Free {megabytes} MB and try again."


async def receive_upload(request: Request, folders: Folders, largest: int = LARGEST_UPLOAD) -> Path:
    """Stream a request's body into a private file in `folders.data`, and return its path. The caller removes it.

    Raises TooLarge, and Unavailable if the disk is full; then, and if the browser goes away, nothing stays.
    """
    declared = request.headers.get("content-length", "0")
    expected = int(declared) if declared.isdecimal() else 0
    if expected > largest:
        raise too_large(largest)
    path = folders.data / FOLDER / secrets.token_hex(16)
    try:
        file = await asyncio.to_thread(create_upload, path, expected)
        with file:
            await write_all(file, request.stream(), largest)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise not_stored(error, "the upload") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def create_upload(path: Path, expected: int) -> IO[bytes]:
    """Create the file of an upload. Raises Unavailable if the disk has no room for so many bytes."""
    make_private_folder(path.parent)
    needed = expected + ROOM_TO_LEAVE
    if expected and needed > shutil.disk_usage(path.parent).free:
        raise Unavailable(NO_ROOM.format(megabytes=needed >> 20))
    return create_private_file(path)


async def write_all(file: IO[bytes], chunks: AsyncIterator[bytes], largest: int) -> None:
    """Write chunks to a file, a mebibyte at once and off the event loop."""
    waiting, size = bytearray(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > largest:
            raise too_large(largest)
        waiting += chunk
        if len(waiting) >= CHUNK:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(file.write, bytes(waiting))
    await asyncio.to_thread(file.flush)


def too_large(largest: int) -> TooLarge:
    return TooLarge(f"This file is too large; {largest // GIBIBYTE} GB is the most. Enter its path instead.")


def read_file_name(request: Request) -> str:
    """Read the name that a browser gives for an upload (percent-encoded in X-File-Name), cleaned; it is for display only."""
    return clean_name(unquote(request.headers.get(NAME_HEADER, ""))) or "upload"


def remove_upload(folders: Folders, path: Path) -> None:
    """Remove an upload that is not needed any more; nothing but an upload, whatever the path is. Blocking."""
    if path.parent == folders.data / FOLDER:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def remove_uploads(folders: Folders, keep: Collection[Path] = ()) -> None:
    """Remove what earlier runs have left, except the uploads that are still needed. Blocking; for the start."""
    folder = folders.data / FOLDER
    needed = {path.name for path in keep if path.parent == folder}
    for path in folder.glob("*"):
        if path.name not in needed:
            path.unlink(missing_ok=True)
