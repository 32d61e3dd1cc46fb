"""Addresses of APIs that the person enters."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from server.core.errors import InvalidInput
from server.sdk.service_addresses import check_service

WRONG_URL = "{url!r} cannot be a base URL. Give one such as http://127.0.0.1:11434/v1, without a query."
PLAIN_HTTP = "Use https for an address outside your own network, or the key can be read on the way."


def check_base_url(url: str) -> str:
    """Normalize the base URL of an API; empty stays empty. Raises InvalidInput, also for a link-local one."""
    url = url.strip().rstrip("/")
    if not url:
        return ""
    wrong = InvalidInput(WRONG_URL.format(url=url[:200]))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    extra = parts.query or parts.fragment or parts.username is not None or re.search(r"[\s\x00-\x1f\\]", url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra or port == 0:
        raise wrong
    check_service(url)
    if parts.scheme == "http" and not is_near(parts.hostname):
        raise InvalidInput(PLAIN_HTTP)
    return url


def is_near(host: str) -> bool:
    """Return whether a host is this computer or in its network, as far as its name says so."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost"))
    return address.is_private


@lru_cache(16)
def read_origin(url: str) -> str:
    """Return scheme, host and port of an address: whom a key is for."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"
