"""Links of Windows, as [MS-SHLLINK] lays them out."""

import struct

import pytest

from server.integrations.apps.discovery.windows_shortcut import HEADER, target_of


def make_link(path="C:\\Program Files\\App\\app.exe", *, flags=0x02, kinds=0x01, ids=b"", wide=False) -> bytes:
    header = HEADER + struct.pack("<I", flags)
    content = header + b"\0" * (0x4C - len(header))
    if flags & 0x01:
        content += struct.pack("<H", len(ids)) + ids
    size = 0x24 if wide else 0x1C
    short = b"C:\\PROGRA~1\\app.exe\0" if wide else path.encode("cp1252") + b"\0"
    info = struct.pack("<7I", 0, size, kinds, size, size, 0, 0)
    if wide:
        info += struct.pack("<2I", size + len(short), 0)
    return content + info + short + (path.encode("utf-16-le") + b"\0\0" if wide else b"")


@pytest.mark.parametrize("options", [{}, {"wide": True}, {"flags": 0x03, "ids": b"\x14\x00" + b"x" * 18 + b"\0\0"}])
def test_shortcut_resolves_to_its_program(options):
    assert target_of(make_link(**options)) == "C:\\Program Files\\App\\app.exe"


def test_shortcut_path_is_read_in_any_script():
    assert target_of(make_link("C:\\Приложение\\app.exe", wide=True)) == "C:\\Приложение\\app.exe"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ",
        HEADER,
        make_link()[:0x60],
        make_link(flags=0x00),
        make_link(kinds=0x02),
        make_link("", wide=True),
        make_link(""),
    ],
)
def test_dangling_shortcut_is_no_program(content):
    assert target_of(content) is None
