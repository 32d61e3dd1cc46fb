"""Tunnel settings and the authtoken, validated on change."""

import asyncio
import os
import re
from dataclasses import dataclass

from server.core.errors import InvalidInput
from server.sdk.context import Context
from server.tunnel.agent import check_own
from server.tunnel.models import AUTHTOKEN, SECTION, TunnelChange, TunnelSettings
from server.tunnel.provider import HOST

TOKEN = re.compile(r"[A-Za-z0-9_~.-]{8,200}")
REOPENING = {"authtoken", "domain", "agent_path"}  # an open tunnel is opened anew after a change of these


@dataclass(frozen=True)
class TunnelPreferences:
    """Settings and authtoken."""

    context: Context

    @property
    def settings(self) -> TunnelSettings:
        """Current settings."""
        return self.context.settings.read(SECTION, TunnelSettings)

    async def read_authtoken(self) -> str | None:
        """Read the stored authtoken."""
        return await self.context.secrets.get(AUTHTOKEN)

    async def has_authtoken(self) -> bool:
        """Return whether there is an authtoken, here or in the environment, where ngrok itself looks."""
        return bool(os.environ.get("NGROK_AUTHTOKEN")) or await self.context.secrets.has(AUTHTOKEN)

    async def change(self, order: TunnelChange) -> bool:
        """Apply all changes or none. Return whether an open tunnel must be opened anew. Raises InvalidInput."""
        given = order.model_fields_set
        authtoken = check_authtoken(order.authtoken) if order.authtoken else None
        changes: dict[str, object] = {name: getattr(order, name) or False for name in given & {"keep_awake", "open_at_start"}}
        if "domain" in given:
            changes["domain"] = check_domain(order.domain) if order.domain else None
        if "agent_path" in given:
            changes["agent_path"] = await asyncio.to_thread(check_own, order.agent_path) if order.agent_path else None
        if "authtoken" in given:  # first: a keyring may be locked
            secrets = self.context.secrets
            await (secrets.set(AUTHTOKEN, authtoken) if authtoken else secrets.delete(AUTHTOKEN))
        if changes:
            await self.context.settings.change(SECTION, TunnelSettings, lambda current: current.model_copy(update=changes))
        return bool(given & REOPENING)


def check_authtoken(text: str) -> str:
    """Extract the authtoken from pasted text, which may be ngrok's whole command. Raises InvalidInput."""
    token = (text.split() or [""])[-1].strip("\"'")
    if not TOKEN.fullmatch(token):
        raise InvalidInput("This is not an authtoken. Copy it from https://dashboard.ngrok.com/get-started/your-authtoken.")
    return token


def check_domain(text: str) -> str:
    """Normalize a reserved address. Raises InvalidInput."""
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
    if not HOST.fullmatch(host):
        raise InvalidInput(f"{text!r} cannot be an address at ngrok. Give one such as desk.ngrok.app, without a path.")
    return host
