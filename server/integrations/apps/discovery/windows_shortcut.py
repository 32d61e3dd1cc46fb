"""Reads where a .lnk file of Windows' start menu leads.

https://learn.microsoft.com/openspecs/windows_protocols/ms-shllink/
"""

import struct
import sys

LARGEST = 64 * 1024  # bytes of such a file
HEADER = b"\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
HAS_TARGET_LIST, HAS_PLACE = 0x01, 0x02
ON_THIS_COMPUTER = 0x01
WIDE_HEADER = 0x24  # from this size on, the place is also there in Unicode


def target_of(content: bytes) -> str | None:
    """The whole path of a program on this computer; None where it leads elsewhere, or is no link."""
    try:
        return read_place(content)
    except (struct.error, UnicodeDecodeError):
        return None


def read_place(content: bytes) -> str | None:
    """The same. Raises struct.error where the file is cut off."""
    if not content.startswith(HEADER):
        return None
    (flags,) = struct.unpack_from("<I", content, 0x14)
    start = 0x4C
    if flags & HAS_TARGET_LIST:
        start += 2 + struct.unpack_from("<H", content, start)[0]
    if not flags & HAS_PLACE:
        return None
    _, header, kinds, _, place = struct.unpack_from("<5I", content, start)
    if not kinds & ON_THIS_COMPUTER:
        return None
    if header >= WIDE_HEADER:
        (wide,) = struct.unpack_from("<I", content, start + 0x1C)
        return read_wide(content, start + wide) or None
    encoding = "mbcs" if sys.platform == "win32" else "cp1252"
    return content[start + place :].partition(b"\0")[0].decode(encoding) or None


def read_wide(content: bytes, start: int) -> str:
    """A text in UTF-16 up to its end."""
    end = start
    while content[end : end + 2] not in {b"\0\0", b""}:
        end += 2
    return content[start:end].decode("utf-16-le")
