"""The file format of a backup: a zip with a manifest. It is read as untrusted input."""

import errno
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from server.core.errors import Conflict, InvalidInput, Unavailable
from server.core.version import read_version
from server.storage.archive import ARCHIVE_FILE
from server.storage.backup_files import MeasuredReader, MeasuredWriter, read_files, write_files
from server.storage.data_dir import ARCHIVE_FILES
from server.storage.database import DATABASE_FILE
from server.storage.settings import SETTINGS_FILE
from server.system.files import create_private_file, hash_file, move, sync

FORMAT = 2
WITHOUT_ARCHIVE = 1  # the format that earlier versions can restore
MANIFEST_FILE = "manifest.json"
APP_CONFIG_FILE = "app_config.json"
MEBIBYTE = 1 << 20
LARGEST = {
    DATABASE_FILE: 16_384 * MEBIBYTE,
    SETTINGS_FILE: 16 * MEBIBYTE,
    APP_CONFIG_FILE: 16 * MEBIBYTE,
    ARCHIVE_FILE: 65_536 * MEBIBYTE,
    ARCHIVE_FILES: 262_144 * MEBIBYTE,
}
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others are unpacked without a limit: a megabyte may become gigabytes
FAST = 1  # level of compression of what is large
LARGEST_MANIFEST = 65_536
ROOM_TO_LEAVE = 64 * MEBIBYTE
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, LookupError, ValueError, struct.error)


class Content(BaseModel):
    """One file in a backup, its size in bytes."""

    sha256: str
    size: int


class Manifest(BaseModel):
    """Contents of a backup and the version that made it."""

    format: int
    deskhand: str
    created_at: datetime
    files: dict[str, Content]


def pack(target: Path, files: Mapping[str, Path], created_at: datetime) -> None:
    """Put files, and a folder of files, into an archive for this person alone, which appears whole or not at all."""
    format_number = FORMAT if ARCHIVE_FILE in files else WITHOUT_ARCHIVE
    new = target.with_name(f".deskhand-backup-{secrets.token_hex(8)}.new")  # the folder is the person's: no name of theirs
    try:
        with create_private_file(new) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            contents = {name: pack_one(archive, name, path) for name, path in files.items()}
            manifest = Manifest(format=format_number, deskhand=read_version(), created_at=created_at, files=contents)
            archive.writestr(MANIFEST_FILE, manifest.model_dump_json(indent=2))
        sync(new)
        move(new, target)
    finally:
        new.unlink(missing_ok=True)


def pack_one(archive: zipfile.ZipFile, name: str, path: Path) -> Content:
    """Add a file, or the files of a folder as a stream."""
    if not path.is_dir():
        archive.write(path, name, compresslevel=FAST if name == ARCHIVE_FILE else None)
        return Content(sha256=hash_file(path), size=path.stat().st_size)
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as stream:  # not compressed: most are pictures
        writer = MeasuredWriter(stream)
        write_files(path, writer)
    return Content(sha256=writer.sha256, size=writer.size)


def unpack(source: Path, folder: Path, on_progress: Callable[[float], None] = lambda _: None) -> Manifest:
    """Check an archive and put its files into a folder. Nothing is written that the manifest does not vouch for.

    `on_progress` is called with the share that is written.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = read_manifest(archive)
            total, written = sum(content.size for content in manifest.files.values()), 0
            needed = total + ROOM_TO_LEAVE
            if needed > shutil.disk_usage(folder).free:
                raise Unavailable(f"The disk has no room for this backup. Free {needed // MEBIBYTE} MB and try again.")
            for name, content in manifest.files.items():
                for size in extract(archive, name, content, folder / name):
                    written += size
                    on_progress(written / total if total else 1)
            return manifest
    except (*UNREADABLE, OSError) as error:
        if is_failure_of_disk(error):
            raise
        raise InvalidInput("This is not a backup of Deskhand, or a damaged one. Nothing was changed.") from error


def is_failure_of_disk(error: Exception) -> bool:
    """Return whether the file could not be read; zipfile also seeks to where a damaged archive says, before its beginning."""
    return isinstance(error, OSError) and error.errno != errno.EINVAL


def is_backup(path: Path) -> bool:
    """Return whether a file is a backup of this or a newer Deskhand. Raises OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            read_manifest(archive)
    except Conflict:
        return True
    except (*UNREADABLE, OSError) as error:
        if is_failure_of_disk(error):
            raise
        return False
    return True


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Read the manifest and check that it lists exactly the files of the archive."""
    if any(info.compress_type not in METHODS for info in archive.infolist()):
        raise ValueError("a file is compressed in another way")
    if archive.getinfo(MANIFEST_FILE).file_size > LARGEST_MANIFEST:
        raise ValueError("a manifest of an impossible size")
    with archive.open(MANIFEST_FILE) as packed:
        manifest = Manifest.model_validate_json(packed.read(LARGEST_MANIFEST))  # without a size all of it would be unpacked
    if manifest.format > FORMAT:
        raise Conflict("This backup was made by a newer Deskhand. Install that one, then restore. Nothing was changed.")
    names = sorted(info.filename for info in archive.infolist())
    if names != sorted((MANIFEST_FILE, *manifest.files)) or DATABASE_FILE not in manifest.files:
        raise ValueError("other files than the manifest has")
    for name, content in manifest.files.items():
        if content.size > LARGEST.get(name, -1) or content.size != archive.getinfo(name).file_size:
            raise ValueError(f"{name} is unknown or has an impossible size")
    return manifest


def extract(archive: zipfile.ZipFile, name: str, content: Content, path: Path) -> Iterator[int]:
    """Write one file, which zipfile truncates at its declared size, and check it against the manifest. Yields bytes written."""
    if name == ARCHIVE_FILES:
        with archive.open(name) as packed:
            reader = MeasuredReader(packed)
            yield from read_files(reader, path)
        if reader.sha256 != content.sha256:
            raise ValueError(f"{name} has other content than the manifest says")
        return
    with archive.open(name) as packed, create_private_file(path) as file:
        while chunk := packed.read(MEBIBYTE):
            yield file.write(chunk)
    if path.stat().st_size != content.size or hash_file(path) != content.sha256:
        raise ValueError(f"{name} has other content than the manifest says")
    sync(path)
