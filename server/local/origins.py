"""Which web pages may call the public surface from a browser, as the person lists them."""

from urllib.parse import urlsplit

from fastapi import APIRouter

from server.access.origins import SECTION, OriginSettings
from server.errors import InvalidInput
from server.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/origins")

    @routes.get("")
    async def read_origins() -> OriginSettings:
        """Lists the web pages that may call from a browser."""
        return state.context.settings.read(SECTION, OriginSettings)

    @routes.put("")
    async def set_origins(wanted: OriginSettings) -> OriginSettings:
        """Says which web pages may call from a browser."""
        checked = OriginSettings(allowed=list(dict.fromkeys(check_origin(origin) for origin in wanted.allowed)))
        await state.context.settings.write(SECTION, checked)
        state.context.events.publish("origins")
        return checked

    return routes


def check_origin(origin: str) -> str:
    """Tidy an origin. Raises InvalidInput for what no browser sends as one."""
    wrong = InvalidInput(f"{origin!r} is no origin. Give one as a browser sends it, such as https://notes.example.org.")
    try:
        parts = urlsplit(origin.strip().lower())
        spelled = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise wrong from None
    if parts.scheme not in {"http", "https", "chrome-extension", "moz-extension"} or not parts.hostname:
        raise wrong
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise wrong
    return spelled
