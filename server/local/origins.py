"""Web origins that may call the public API from a browser (CORS)."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from fastapi import APIRouter

from server.access.origins import SECTION, OriginSettings
from server.core.errors import InvalidInput
from server.runtime.state import State

USUAL_PORTS = {"http": 80, "https": 443}  # a browser leaves them out
EXTENSIONS = ("chrome-extension", "moz-extension")  # their hosts are ids
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/origins")

    @routes.get("")
    async def read_origins() -> OriginSettings:
        """Lists the web pages that may call from a browser."""
        return state.context.settings.read(SECTION, OriginSettings)

    @routes.put("")
    async def set_origins(wanted: OriginSettings) -> OriginSettings:
        """Replaces the allowed origins."""
        checked = OriginSettings(allowed=list(dict.fromkeys(check_origin(origin) for origin in wanted.allowed)))
        await state.context.settings.write(SECTION, checked)
        state.context.events.publish("origins")
        return checked

    return routes


def check_origin(origin: str) -> str:
    """Spell an origin as a browser sends it. Raises InvalidInput for what no browser sends as one."""
    wrong = InvalidInput(f"{origin!r} is no origin. Give one as a browser sends it, such as https://notes.example.org.")
    spelled = origin.strip().lower()
    if not spelled.isascii():
        raise InvalidInput(
            f"{origin!r} has letters that no browser sends. Give it with xn--: https://xn--caf-dma.example for café.example."
        )
    if not re.fullmatch(r"[!-~]+", spelled) or "@" in spelled:
        raise wrong
    try:
        parts = urlsplit(spelled)
        host, port = check_host(parts.scheme, parts.netloc, parts.hostname or ""), parts.port
    except ValueError:
        raise wrong from None
    if parts.path not in {"", "/"} or "?" in spelled or "#" in spelled or port == 0:
        raise wrong
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != USUAL_PORTS[parts.scheme] else "")


def check_host(scheme: str, netloc: str, host: str) -> str:
    """Spell a host as a browser does. Raises ValueError for what is none."""
    if scheme in EXTENSIONS and re.fullmatch(r"[a-z0-9-]+", netloc):
        return netloc
    if scheme not in USUAL_PORTS:
        raise ValueError(scheme)
    if netloc.startswith("["):
        address = IPv6Address(host)
        if address.scope_id or address.ipv4_mapped:
            raise ValueError(host)
        return f"[{address.compressed}]"
    if re.fullmatch(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", host):  # a browser takes it for an address, in a spelling of its own
        return str(IPv4Address(host))
    if not NAME.fullmatch(host):
        raise ValueError(host)
    return host
