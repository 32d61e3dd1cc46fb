"""Internationalized domains for people: as punycode, which looks like no other domain, with what is odd about them."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

JAPANESE = {"CJK", "HIRAGANA", "KATAKANA"}  # written together
LATIN = "LATIN"
LONGEST_HOST = 253  # characters (RFC 1035)
PIECES = re.compile(r"((?://|\\\\|@)?)([^\s<>\"'()\[\]{},;:/\\?#@|\u201c-\u201f\u2018-\u201b\u00ab\u00bb\u3001]+)")
DOTS = re.compile(r"[.\u3002\uff0e\uff61]")  # as browsers have them
ENDING = re.compile(r"[a-z]{2,24}", re.IGNORECASE)  # of a name that mail programs take for a domain by themselves
AUTHORITY = re.compile(r"^([a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def show_address(address: str) -> str:
    """Show a mail address with its domain as punycode."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{to_ascii(domain)}"


def show_link(address: str) -> str:
    """Show a web address with its host as punycode."""
    match = AUTHORITY.match(address)
    if match is None or (match[2].isascii() and "%" not in match[2]):
        return address
    begin, end = match.span(2)
    return f"{address[:begin]}{to_ascii(unquote(match[2]))}{address[end:]}"


def find_hosts(text: str) -> Iterator[str]:
    """Find the hosts in other letters in a text: those of links, and what mail programs would make a link of."""
    if is_plain(text):  # most are, and splitting a long one takes a tenth of a second
        return
    for link, piece in PIECES.findall(text):
        if is_plain(piece):
            continue
        host = unquote(piece).lower().strip(".")
        labels = DOTS.split(host)
        if len(labels) > 1 and len(host) <= LONGEST_HOST and all(labels) and (link or ENDING.fullmatch(labels[-1])):
            yield host


def is_plain(text: str) -> bool:
    """Return whether no host in a text can be written with other letters."""
    return text.isascii() and "%" not in text and "xn--" not in text.lower()


def to_ascii(domain: str) -> str:
    """Write a domain as computers do (RFC 5891), also one that nobody could register."""
    if domain.isascii():
        return domain
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        labels = (label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in domain.split("."))
        return ".".join(labels)


def to_unicode(domain: str) -> str:
    """Write a domain as people do; what is no valid punycode stays."""
    if "xn--" not in domain.lower():
        return domain
    import idna

    try:
        return idna.decode(domain)
    except UnicodeError:
        return domain


def explain_domain(domain: str) -> str | None:
    """Explain what a domain in other letters than ASCII is, and everything that is odd about it; None for others."""
    plain, spelled = to_ascii(domain), to_unicode(domain)
    if spelled.isascii() and "xn--" not in plain.lower():
        return None
    scripts = [find_scripts(label) for label in spelled.split(".")]
    names = sorted(set().union(*scripts))
    remarks = [f"its letters are {' and '.join(name.capitalize() for name in names)}"] if names and names != [LATIN] else []
    if any(len(label - JAPANESE) + bool(label & JAPANESE) > 1 for label in scripts):
        remarks.append("one word mixes alphabets")
    remarks.append("it can look like another domain")
    return f"{plain} is written {spelled}: {', '.join(remarks)}."


def find_scripts(label: str) -> set[str]:
    """Find the alphabets of a text's letters, by the first words of their names."""
    return {unicodedata.name(char, "UNKNOWN").split()[0] for char in label if char.isalpha()}
