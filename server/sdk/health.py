"""The health of a running integration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class Health:
    """The service of an integration, as the overview, the doctor and the tray see it. A service inherits these defaults."""

    @property
    def problem(self) -> str | None:
        """The present problem, as a sentence for the person."""
        return None

    @property
    def setup_hint(self) -> str | None:
        """The step that the person has to take before it is of use, as a sentence."""
        return None

    @property
    def is_set_up(self) -> bool:
        """Return whether it is in use; what the person need not set up has no hint, and is not shown as fine either."""
        return self.setup_hint is None

    @property
    def summary(self) -> str | None:
        """Its state in a few words."""
        return None

    @property
    def tray_line(self) -> str | None:
        """A line of the tray's menu, while there is something to follow."""
        return None

    async def refresh(self) -> None:
        """Read again what may have changed outside of Deskhand, such as an edited file. Awaited before the health is read."""

    async def list_addresses(self) -> Mapping[str, str]:
        """List the paths that a person pastes elsewhere, by name. Raises Unavailable if their secrets are out of reach."""
        return {}


@dataclass(frozen=True)
class HealthReading:
    """The health of a service as it was read last."""

    problem: str | None = None
    setup_hint: str | None = None
    is_set_up: bool = True
    summary: str | None = None
    tray_line: str | None = None

    @classmethod
    def of(cls, service: Health) -> Self:
        """Read it."""
        return cls(service.problem, service.setup_hint, service.is_set_up, service.summary, service.tray_line)
