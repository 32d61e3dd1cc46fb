"""The status that the tray shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from desktop.tray.icon import StatusLevel

RECENT = 5  # sentences of recent activity


@dataclass(frozen=True)
class Status:
    """Status of Deskhand and of this desktop.

    `address`: one that others can reach; `copied`: the one that the person copied last. `tunnel`: as the tunnel calls its state;
    None while it could not be opened. `waiting`: approval requests. `lines`: what integrations are doing.
    `starts_at_login` None: it cannot do that here.
    """

    level: StatusLevel = StatusLevel.off
    sentence: str = "Deskhand is starting."
    serving: bool = False
    address: str | None = None
    changed: bool = False
    copied: str | None = None
    tunnel: str | None = None
    paused_until: datetime | None = None
    waiting: int = 0
    problem: str | None = None
    lines: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    update: str | None = None
    demo: bool = False
    can_copy: bool = False
    starts_at_login: bool | None = None

    @property
    def address_is_new(self) -> bool:
        """Return whether the address has changed and the person does not have it yet."""
        return self.address is not None and self.changed and self.address != self.copied


def read_status(before: Status, answer: Mapping[str, Any]) -> Status:
    """Build the status from the response of /api/status."""
    paused, problem = answer.get("paused_until"), next(iter(answer.get("problems", ())), None)
    return replace(
        before,
        level=StatusLevel(answer["look"]),
        sentence=problem or answer["sentence"],
        problem=problem,
        serving=True,
        address=None if answer.get("here_only") else answer.get("public"),
        changed=bool(answer.get("address_changed_at")),
        tunnel=answer.get("tunnel"),
        paused_until=datetime.fromisoformat(paused) if paused else None,
        waiting=answer.get("waiting", 0),
        lines=tuple(answer.get("lines", ())),
        recent=tuple(f"{entry['client']}: {entry['sentence']}" for entry in answer.get("recent", ())[:RECENT]),
        update=answer["update"]["version"] if answer.get("update") else None,
        demo=bool(answer.get("demo")),
    )
