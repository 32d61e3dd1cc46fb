"""Pointers to the files of an export, and the names under which exports of various years have these files."""

import re
from collections.abc import Iterator

FILE_ID = re.compile(r"file[-_][A-Za-z0-9]+")
BARE_ID = re.compile(r"[A-Za-z0-9]{16,}")
LONGEST = 200  # characters


def clean_pointer(pointer: str) -> str:
    """Return the id of a file: of file-service://file-…, sediment://file_…, a path or the id itself."""
    _, scheme, rest = pointer.partition("://")
    path = rest if scheme else pointer
    if match := FILE_ID.search(path):
        return match[0][:LONGEST]
    return path.rsplit("/", 1)[-1].partition("#")[0].strip()[:LONGEST]


def key_of(asset_id: str) -> str:
    """Return what identifies a file in any layout: its id without file- or file_, which some names lack."""
    return re.sub(r"^file[-_]", "", asset_id)


def keys_of_name(name: str) -> Iterator[str]:
    """List the keys that a file's name may stand for, the likeliest first.

    file-ID.dat, file-ID-name.png, file_HEX-UUID.webp, HEX-name.wav, or the name that the message itself gives.
    """
    base = name.rsplit("/", 1)[-1]
    if match := FILE_ID.search(base):
        yield key_of(match[0])
    elif match := BARE_ID.match(base):
        yield match[0]
    yield base


def rest_of_name(name: str) -> str:
    """Return the person's name of a file: what follows the id, if anything does."""
    base = name.rsplit("/", 1)[-1]
    match = FILE_ID.match(base) or BARE_ID.match(base)
    rest = base[match.end() :].lstrip("-_") if match else base
    return "" if rest.startswith(".") else rest
