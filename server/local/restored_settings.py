"""Settings of a restored backup that wait for confirmation."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from server.access import origins
from server.core.errors import InvalidInput, NotFound
from server.local.origins import check_origin
from server.local.restored_sections import IGNORED, SECTIONS, find_field, format_value, make_title
from server.local.settings import Section, put_in_words
from server.runtime.state import State
from server.sdk.integration import Difference
from server.storage.restored import SECTION, Restored, make_id
from server.tunnel import models as tunnel

NOTICE = "The restored backup differs in what could open or run something. Confirm or discard that under Settings."
LONGEST_NAME = 100  # of a section and its field together
LONGEST_TITLE = 200
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
        if not can_be_shown(section, name, value):
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
        if section == tunnel.SECTION and name in tunnel.TunnelSettings.model_fields:
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
                yield (
                    section,
                    stored,
                    Difference(
                        id=make_id("settings", section, stored, value),
                        title=make_title(section, known, name)[:LONGEST_TITLE],
                        now=format_value(now),
                        restored=format_value(value) if can_be_shown(section, stored, value) else TOO_LONG,
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


def can_be_shown(section: str, name: str, value: Any) -> bool:
    """Return whether a setting is short enough to be read by a person before it is in force."""
    return len(section) + len(name) <= LONGEST_NAME and len(format_value(value)) <= LONGEST_SHOWN


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
