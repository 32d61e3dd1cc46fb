"""How a program is named to the person: what nobody vouches for is told as what it calls itself, after where it is from."""

from unicodedata import category
from urllib.parse import urlsplit

from server.access.oauth.models import Kind, Registration
from server.access.oauth.request_context import Asked
from server.core.text import shorten

UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # categories of what shows nothing or steers what follows
BLANK = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
LONGEST_HOST = 28  # characters: a notification has to show it whole; its end is what cannot be made up


def name_program(asked: Asked) -> str:
    """A program's name for the person: their own for it; of one that nobody knows, where it is from and what it calls itself."""
    if asked.client:
        return asked.client.name
    called = spell_name(asked.registration.name)
    origin = find_origin(asked.registration)
    return f"{origin}, calling itself “{called}”" if called else origin


def find_origin(registration: Registration) -> str:
    """Where a program is from, in as few letters as a title has."""
    if registration.kind is not Kind.document:
        return "Unknown program"
    host = urlsplit(registration.id).netloc
    return host if len(host) <= LONGEST_HOST else f"…{host[-LONGEST_HOST:]}"


def spell_name(name: str) -> str:
    """What a program calls itself, in one line, with what would be unseen spelled out and no quotation mark that ends ours."""
    return shorten("".join(spell(letter) for letter in name).strip())


def spell(letter: str) -> str:
    if letter in "“”":
        return '"'
    if letter in "\t\n\r ":
        return " "
    return f"\\u{ord(letter):04x}" if category(letter) in UNSEEN or ord(letter) in BLANK else letter
