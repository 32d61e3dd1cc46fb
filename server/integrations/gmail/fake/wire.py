"""Changes to a mail's header block that leave every other byte alone."""

import re
from collections.abc import Iterable
from email import message_from_bytes

from server.integrations.gmail.fake.mail import read_headers


def normalise(raw: bytes) -> bytes:
    """Give every line the line end that mail has."""
    return re.sub(rb"\r?\n", b"\r\n", raw)


def with_headers(raw: bytes, headers: Iterable[tuple[str, str]]) -> bytes:
    """Put headers on top."""
    return b"".join(f"{name}: {value}\r\n".encode("utf-8", "replace") for name, value in headers) + raw


def without_header(raw: bytes, name: str) -> bytes:
    """Take away each header of this name, folded lines included."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    pattern = rb"(?im)^" + re.escape(name.encode()) + rb"[ \t]*:.*(?:\r\n[ \t].*)*(?:\r\n|\Z)"
    left = re.sub(pattern, b"", head + b"\r\n").removesuffix(b"\r\n")
    return left + blank + body


def read_header(raw: bytes, name: str) -> str:
    """Answer a header's value, decoded and on one line; empty without it."""
    return read_each(raw, [name])[name]


def read_each(raw: bytes, names: Iterable[str]) -> dict[str, str]:
    """Answer the values of headers by their names."""
    head = message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return {name: " ".join(next((value for _, value in read_headers(head, name)), "").split()) for name in names}


def has_header(raw: bytes, name: str) -> bool:
    """Check whether a header exists and is not empty."""
    return bool(read_header(raw, name))
