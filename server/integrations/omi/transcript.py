"""Writes what was said as OMI does: `[0:00:10 - 0:00:20] Speaker 0: text`, blocks apart by an empty line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Segment:
    """A few words of one speaker. `start`, `end`: seconds. `name`: where OMI knows who it is."""

    id: str
    text: str
    speaker: int
    name: str
    is_user: bool
    start: float
    end: float

    @property
    def who(self) -> str:
        """Who spoke."""
        return "User" if self.is_user else self.name or f"Speaker {self.speaker}"


def write_transcript(segments: Sequence[Segment]) -> str:
    """Write segments down. Where they overlap their times mean nothing, so there are none."""
    timed = not overlap(segments)
    return "\n\n".join(write_segment(one, timed=timed) for one in segments if one.text)


def write_segment(segment: Segment, *, timed: bool) -> str:
    """Write one segment down."""
    time = f"[{write_seconds(segment.start)} - {write_seconds(segment.end)}] " if timed else ""
    return f"{time}{segment.who}: {segment.text}"


def write_seconds(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=max(0, int(seconds))))


def overlap(segments: Iterable[Segment]) -> bool:
    """Whether one begins before an earlier one has ended."""
    latest = 0.0
    for segment in segments:
        if segment.start < latest:
            return True
        latest = max(latest, segment.end)
    return False
