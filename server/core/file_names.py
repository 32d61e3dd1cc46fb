"""Names of files that others chose."""

import re
import unicodedata
from pathlib import PurePosixPath

from server.core.invisible import remove_hidden

SEPARATORS = re.compile(r"[/\\]")
CONTROLS = re.compile(r"[\t\n\r]")
UNSAFE = re.compile(r'[<>:"|?*]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # names of devices on Windows
LONGEST_NAME = 120  # bytes
LONGEST_SUFFIX = 16


def clean_name(name: str) -> str:
    """Reduce a file's name to what is safe on every system: no folders, no control or invisible characters, no device."""
    name = SEPARATORS.split(name)[-1]
    name = CONTROLS.sub("", remove_hidden(unicodedata.normalize("NFC", name)))
    name = UNSAFE.sub("_", name).strip(" .")
    if RESERVED.match(name):
        name = "_" + name
    suffix = PurePosixPath(name).suffix
    if len(suffix.encode()) > LONGEST_SUFFIX:
        suffix = ""
    stem = name.removesuffix(suffix).encode()[: LONGEST_NAME - len(suffix.encode())]
    return stem.decode(errors="ignore").rstrip(" .") + suffix
