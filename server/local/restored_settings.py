"""Settings of a restored backup that wait for confirmation."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError

from server.access import origins, pause
from server.access.approvals import approval
from server.access.oauth import models as oauth
from server.core.errors import InvalidInput, NotFound
from server.local import onboarding, theme
from server.local.origins import check_origin
from server.local.settings import OWN, Section, put_in_words
from server.runtime import updates
from server.runtime.state import State
from server.sdk.integration import Difference
from server.storage import keyring_worker, secrets
from server.storage.restored import SECTION, Restored, make_id
from server.tunnel import models as tunnel

HARMLESS: Mapping[str, frozenset[str]] = {  # what a restore may put in force at once: it opens, runs and removes nothing
    theme.SECTION: frozenset({"theme"}),
    onboarding.SECTION: frozenset({"version", "finished", "steps"}),
}
IGNORED = {updates.LAST_CHECK}  # state of this computer
SECTIONS = (
    *OWN,
    Section(approval.SECTION, "Approvals", approval.ApprovalSettings),
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
    "approvals.allowance_minutes": "Minutes that an approval for a while holds",
    "approvals.duplicate_minutes": "Minutes that a repeated call gets the first result",
    "approvals.expiry_minutes": "Minutes until a request expires",
    "approvals.most_waiting": "Requests of one client that may wait",
    "approvals.running_seconds": "Seconds that an approved call is awaited",
    "approvals.wait_seconds": "Seconds that a call waits for approval",
    "oauth.documents_allowed": "Allow clients with a metadata document",
    "oauth.registration_allowed": "Let clients register themselves",
    "onboarding.client": "Client of the welcome",
    "origins.allowed": "Web pages that may call Deskhand",
    "pause.until": "Pause all actions until",
    "tunnel.agent_path": "Path of the ngrok program",
    "tunnel.domain": "Reserved domain",
    "tunnel.keep_awake": "Keep this computer awake",
    "tunnel.open_at_start": "Open the tunnel at start",
    "updates.check": "Check for updates",
    "updates.feed_url": "Address of the update check",
    "updates.page_url": "Address of the download page",
}
NOTICE = "The restored backup differs in what could open or run something. Confirm or discard that under Settings."
LONGEST_SHOWN = 20_000
TOO_LONG = "This value is too long to be shown, so it can only be discarded."


class AnyFields(BaseModel):
    """Fields of a section whose model is not known."""

    model_config = ConfigDict(extra="allow")


class RestoredSettings:
    """Settings of the latest restore that differ from those in force."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._settings = state.context.settings

    async def list_differences(self) -> list[Difference]:
        """List what differs from what is in force."""
        return [difference for _, _, difference in self._iterate()]

    def has_differences(self) -> bool:
        """Return whether anything differs from what is in force."""
        return next(self._iterate(), None) is not None

    async def accept(self, difference_id: str) -> None:
        """Put a value in force, after the checks of one that the person types. Raises NotFound and InvalidInput."""
        section, name, _ = self._find(difference_id)
        value = self._settings.read(SECTION, Restored).settings[section][name]
        if len(format_value(value)) > LONGEST_SHOWN:
            raise InvalidInput(TOO_LONG)
        known = self._find_section(section)
        await self._store(section, known, find_field(known.model, name) if known else name, value)
        await self._forget(section, name)
        if known and known.apply:
            await known.apply(self._state)
        self._state.context.events.publish("settings", {"section": section})
        self._state.context.events.publish("overview")

    async def discard(self, difference_id: str) -> None:
        """Forget a value. Raises NotFound."""
        section, name, _ = self._find(difference_id)
        await self._forget(section, name)

    async def _store(self, section: str, known: Section | None, name: str, value: Any) -> None:
        if known and name in known.model.model_fields:
            value = check_value(known.model, name, value, self._settings.read(section, known.model))
        if section == tunnel.SECTION and name in tunnel.TunnelChange.model_fields:
            await self._state.tunnel.change(tunnel.TunnelChange.model_validate({name: value}))
            return
        if (section, name) == (origins.SECTION, "allowed"):
            value = list(dict.fromkeys(map(check_origin, value)))
        await self._settings.write(section, AnyFields.model_validate({name: value}))

    async def _forget(self, section: str, name: str) -> None:
        def remove(restored: Restored) -> Restored:
            restored.settings.get(section, {}).pop(name, None)
            return restored

        await self._settings.change(SECTION, Restored, remove)

    def _find(self, difference_id: str) -> tuple[str, str, Difference]:
        for section, name, difference in self._iterate():
            if difference.id == difference_id:
                return section, name, difference
        raise NotFound("There is no such difference. It was accepted or discarded already, or it has changed.")

    def _iterate(self) -> Iterator[tuple[str, str, Difference]]:
        """Iterate over the section, the name and the difference of each waiting value."""
        for section, fields in sorted(self._settings.read(SECTION, Restored).settings.items()):
            known = self._find_section(section)
            for stored, value in sorted(fields.items()):
                name = find_field(known.model, stored) if known else stored
                now = self._read_present(section, known, name)
                if section in IGNORED or is_same(known, name, value, now):
                    continue
                shown = format_value(value)
                yield (
                    section,
                    stored,
                    Difference(
                        id=make_id("settings", section, stored, value),
                        title=make_title(section, known, name),
                        now=format_value(now),
                        restored=shown if len(shown) <= LONGEST_SHOWN else TOO_LONG,
                    ),
                )

    def _read_present(self, section: str, known: Section | None, name: str) -> Any:
        """Read the value in force as JSON, None if there is none."""
        present = self._settings.read(section, known.model if known else AnyFields).model_dump(mode="json")
        if name in present:
            return present[name]
        return self._settings.read(section, AnyFields).model_dump(mode="json").get(name)

    def _find_section(self, name: str) -> Section | None:
        theirs = (
            Section(member.integration.name, member.integration.title, member.parts.settings)
            for member in self._state.runtime.members
            if member.parts and member.parts.settings
        )
        return next((section for section in (*SECTIONS, *theirs) if section.name == name), None)


def find_notice(state: State) -> str | None:
    """Return a sentence while a restored backup has something to confirm; None if there is nothing."""
    waits = state.context.settings.read(SECTION, Restored).files or RestoredSettings(state).has_differences()
    return NOTICE if waits else None


def find_field(model: type[BaseModel], stored: str) -> str:
    """Find the field that a stored name means: its own, or a former one."""
    for name, field in model.model_fields.items():
        if isinstance(field.validation_alias, AliasChoices) and stored in field.validation_alias.choices:
            return name
    return stored


def check_value(model: type[BaseModel], name: str, value: Any, present: BaseModel) -> Any:
    """Validate one field; returns it as JSON. Raises InvalidInput."""
    try:
        return model.model_validate({**present.model_dump(mode="json"), name: value}).model_dump(mode="json")[name]
    except ValidationError as error:
        raise InvalidInput(f"This value cannot be used: it {put_in_words(error.errors()[0])}.") from None


def is_same(known: Section | None, name: str, value: Any, now: Any) -> bool:
    """Return whether a value means what is in force."""
    if known and name in known.model.model_fields:
        try:
            value = check_value(known.model, name, value, known.model())
        except InvalidInput:
            return False
    return bool(value == now)


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
