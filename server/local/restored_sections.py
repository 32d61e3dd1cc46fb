"""Sections of the settings as a restore treats them: what is harmless, and titles of the rest."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel

from server.access import origins, pause
from server.access.oauth import models as oauth
from server.local import onboarding, theme
from server.local.settings import OWN, Section
from server.runtime import updates
from server.storage import keyring_worker, secrets
from server.tunnel import models as tunnel

HARMLESS: Mapping[str, frozenset[str]] = {  # what a restore may put in force at once: it opens, runs and removes nothing
    theme.SECTION: frozenset({"theme"}),
    onboarding.SECTION: frozenset({"version", "finished", "steps"}),
}
IGNORED = {updates.LAST_CHECK}  # state of this computer
SECTIONS = (
    *OWN,
    Section(oauth.SECTION, "Sign-ins", oauth.OAuthSettings),
    Section(onboarding.SECTION, "Welcome", onboarding.Onboarding),
    Section(origins.SECTION, "Web pages", origins.OriginSettings),
    Section(pause.SECTION, "Pause", pause.PauseSettings),
    Section(secrets.SECTION, "Keyring", keyring_worker.KeyringTimeouts),
    Section(theme.SECTION, "Look", theme.Look),
    Section(tunnel.SECTION, "Tunnel", tunnel.TunnelSettings),
    Section(updates.SECTION, "Updates", updates.UpdateSettings),
)
TITLES = {
    "approvals.allowance_minutes": "Minutes that a temporary approval applies",
    "approvals.duplicate_minutes": "Minutes that a repeated call gets the first result",
    "approvals.most_waiting": "Requests of one client that may wait",
    "approvals.running_seconds": "Seconds that an approved call is awaited",
    "approvals.wait_seconds": "Seconds that a call waits for approval",
    "oauth.documents_allowed": "Allow clients with a metadata document",
    "oauth.registration_allowed": "Let clients register themselves",
    "onboarding.client": "Client of the welcome",
    "origins.allowed": "Allowed origins",
    "pause.until": "Pause all actions until",
    "tunnel.agent_path": "Path of the ngrok program",
    "tunnel.domain": "Reserved domain",
    "tunnel.keep_awake": "Keep this computer awake",
    "tunnel.open_at_start": "Open the tunnel at start",
    "updates.check": "Check for updates",
    "updates.feed_url": "Address of the update check",
    "updates.page_url": "Address of the download page",
}


def find_field(model: type[BaseModel], stored: str) -> str:
    """Find the field that a stored name means: its own, or a former one."""
    for name, field in model.model_fields.items():
        if isinstance(field.validation_alias, AliasChoices) and stored in field.validation_alias.choices:
            return name
    return stored


def make_title(section: str, known: Section | None, name: str) -> str:
    """Make the title of a setting; one that this version does not know has its stored name."""
    field = known.model.model_fields.get(name) if known else None
    title = TITLES.get(f"{section}.{name}") or (field and (field.title or (field.description or name).partition(".")[0]))
    return f"{known.title if known else section}: {title or f'unknown setting {name}'}"


def format_value(value: Any) -> str:
    """Write a value for the person."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value) or "none"
    return json.dumps(value, ensure_ascii=False, indent=2)
