"""Valid redirect_uris: exact ones, and patterns for those of ChatGPT and Claude.

A pattern only permits to prompt the person, who sees the whole address; it is stored with their consent.
ChatGPT: developers.openai.com/api/docs/actions/authentication and developers.openai.com/apps-sdk/build/auth;
loopback: RFC 8252, section 7.3.
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from server.core.errors import InvalidInput

MOST = 10  # of each client
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
    """Return whether this is the redirect_uri of an app in ChatGPT or Claude."""
    return CONNECTORS.fullmatch(uri) is not None


def find_known_host(address: str) -> str | None:
    """Host of ChatGPT or Claude in an https address; None for any other host."""
    host = urlsplit(address).netloc.lower() if is_https(address) else ""
    return host if host in KNOWN_HOSTS else None


def is_gpt(uri: str) -> bool:
    """Return whether this is the redirect_uri of a GPT's action."""
    return ACTIONS.fullmatch(uri) is not None


def is_loopback(uri: str) -> bool:
    """Return whether this is a loopback address (RFC 8252)."""
    return LOOPBACK.fullmatch(uri) is not None


def is_same(uri: str, known: str, *, any_port: bool) -> bool:
    """Return whether two addresses are equal. `any_port`: on loopback the port may differ."""
    if uri == known:
        return True
    match, other = LOOPBACK.fullmatch(uri), LOOPBACK.fullmatch(known)
    return any_port and match is not None and other is not None and (match[1], match[3]) == (other[1], other[3])


def is_among(uri: str, known: Collection[str], *, any_port: bool) -> bool:
    """Return whether an address is among the known ones."""
    return any(is_same(uri, other, any_port=any_port) for other in known)


def may_register(uri: str) -> bool:
    """Return whether an unverified client may register this address: known sites and loopback."""
    return is_known_site(uri) or is_loopback(uri)


def check_own(uris: Collection[str]) -> tuple[str, ...]:
    """Validate the addresses that the person gives. Raises InvalidInput."""
    if len(uris) > MOST:
        raise InvalidInput(f"Give at most {MOST} redirect URLs.")
    for uri in uris:
        if not is_loopback(uri) and not is_https(uri):
            raise InvalidInput(
                f"{uri[:LONGEST]!r} cannot be a redirect URL. Give one such as https://example.org/callback, "
                "or http://127.0.0.1/callback for a program on a computer. ChatGPT's and Claude's need not be given."
            )
    return tuple(dict.fromkeys(uris))


def is_https(uri: str) -> bool:
    """Return whether this is an https address without a fragment or user name."""
    if not PLAIN.fullmatch(uri) or "\\" in uri or "#" in uri or len(uri) > LONGEST:
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and uri.startswith("https://") and bool(parts.hostname) and "@" not in parts.netloc
