"""Find whom a mail of the fake Gmail goes to.

Not by Deskhand's own parser, whose faults would not show then. It looks for addresses in the raw header rather than following the
grammar, and where mail servers differ it delivers to everybody whom one of them would deliver to.
"""

import re

from server.integrations.gmail.fake.google import GoogleError

_QUOTED_OR_COMMENT = re.compile(r'"(?:[^"\\]++|\\.)*+"|\((?:[^()"\\]++|\\.)*+\)', re.DOTALL)
_ADDRESS_OR_TEXT = re.compile(r"<([^<>]*)>|[^,;<>]+(?=<)|([^,;<>]+)")


def read_recipients(raw: bytes) -> list[str]:
    """Answer the addresses that a mail goes to; it must have one, and each must be one."""
    recipients: list[str] = []
    for name in ("To", "Cc", "Bcc"):
        addresses = [address for value in read_raw_headers(raw, name) for address in find_addresses(value)]
        if any(not re.fullmatch(r"[^@\s]+@[^@\s]+", address) for address in addresses):
            raise GoogleError(400, f"Invalid {name} header")
        recipients += addresses
    if not recipients:
        raise GoogleError(400, "Recipient address required")
    return recipients


def read_raw_headers(raw: bytes, name: str) -> list[str]:
    """Answer the values of all headers of this name, unfolded and otherwise as they stand."""
    head = raw.partition(b"\r\n\r\n")[0]
    pattern = rb"(?im)^" + re.escape(name.encode()) + rb"[ \t]*:((?:[^\r\n]|\r(?!\n)|\r\n[ \t])*)"
    return [value.replace(b"\r\n", b"").decode("utf-8", "replace").strip() for value in re.findall(pattern, head)]


def find_addresses(value: str) -> list[str]:
    """Answer everything in an address header that stands where an address would, in its order."""
    text, changed = value, 1
    while changed:
        text, changed = _QUOTED_OR_COMMENT.subn(" ", text)
    parts = (bracketed or bare.rpartition(":")[2] for bracketed, bare in _ADDRESS_OR_TEXT.findall(text))
    return [part.strip() for part in parts if part.strip()]
