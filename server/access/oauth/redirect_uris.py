"""Where a program may be answered: exact addresses, and the patterns of ChatGPT's and Claude's own.

A pattern only lets a question be asked. The person sees the whole address, and it is kept with their yes.
ChatGPT: developers.openai.com/api/docs/actions/authentication and developers.openai.com/apps-sdk/build/auth;
loopback: RFC 8252, section 7.3.
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from server.core.errors import InvalidInput

MOST = 10  # of one program
LONGEST = 500
ACTIONS = re.compile(r"https://(chatgpt\.com|chat\.openai\.com)/aip/g-[A-Za-z0-9_-]{1,80}/oauth/callback")
CONNECTORS = re.compile(
    r"https://(chatgpt\.com|chat\.openai\.com)/(connector/oauth/[A-Za-z0-9_-]{1,80}|connector_platform_oauth_redirect)"
    r"|https://(claude\.ai|claude\.com)/api/mcp/auth_callback"
)
KNOWN_HOSTS = frozenset({"chatgpt.com", "chat.openai.com", "claude.ai", "claude.com"})
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(/[!-\"$-\[\]-~]*)?")
PLAIN = re.compile(r"[!-~]+")


def is_known_site(uri: str) -> bool:
    """Whether this is where ChatGPT or Claude is answered as an app."""
    return CONNECTORS.fullmatch(uri) is not None


def find_known_host(address: str) -> str | None:
    """Which host of ChatGPT's and Claude's an https address is at; None if it is none of them."""
    host = urlsplit(address).netloc.lower() if is_https(address) else ""
    return host if host in KNOWN_HOSTS else None


def is_gpt(uri: str) -> bool:
    """Whether this is where a GPT's action is answered."""
    return ACTIONS.fullmatch(uri) is not None


def is_loopback(uri: str) -> bool:
    """Whether this is a program on the computer of whoever signs in."""
    return LOOPBACK.fullmatch(uri) is not None


def is_same(uri: str, known: str, *, any_port: bool) -> bool:
    """Whether two addresses are the same, letter by letter; on loopback the port may be another where that is said."""
    if uri == known:
        return True
    one, other = LOOPBACK.fullmatch(uri), LOOPBACK.fullmatch(known)
    return any_port and one is not None and other is not None and (one[1], one[3]) == (other[1], other[3])


def is_among(uri: str, known: Collection[str], *, any_port: bool) -> bool:
    """Whether an address is one of those that are known."""
    return any(is_same(uri, one, any_port=any_port) for one in known)


def may_register(uri: str) -> bool:
    """Whether a program that nobody vouches for may be answered there: known sites and loopback."""
    return is_known_site(uri) or is_loopback(uri)


def check_own(uris: Collection[str]) -> tuple[str, ...]:
    """Take the addresses that the person gives. Raises InvalidInput for what cannot be one."""
    if len(uris) > MOST:
        raise InvalidInput(f"Give at most {MOST} callback addresses.")
    for uri in uris:
        if not is_loopback(uri) and not is_https(uri):
            raise InvalidInput(
                f"{uri[:LONGEST]!r} cannot be a callback address. Give one such as https://example.org/callback, "
                "or http://127.0.0.1/callback for a program on a computer. ChatGPT's and Claude's need not be given."
            )
    return tuple(dict.fromkeys(uris))


def is_https(uri: str) -> bool:
    """Whether this is a plain https address."""
    if not PLAIN.fullmatch(uri) or "\\" in uri or "#" in uri or len(uri) > LONGEST:
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and uri.startswith("https://") and bool(parts.hostname) and "@" not in parts.netloc
