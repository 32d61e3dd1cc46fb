"""Differences between a restored backup and what is in force, which the person accepts or discards one by one."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Difference:
    """One difference. `now`, `restored`: what is in force, and what the backup has, complete and as text.

    `id` names the value too, so that what is accepted is what was shown.
    """

    id: str
    title: str
    now: str
    restored: str


class RestoredContent(Protocol):
    """A part of a restored backup that waits for confirmation."""

    async def list_differences(self) -> list[Difference]:
        """List what differs from what is in force."""

    async def accept(self, difference_id: str) -> None:
        """Put one in force, after the checks of one that the person types. Raises NotFound and InvalidInput."""

    async def discard(self, difference_id: str) -> None:
        """Forget one. Raises NotFound."""
