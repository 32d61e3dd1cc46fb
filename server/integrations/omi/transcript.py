"""Transcripts in OMI's format: `[0:00:10 - 0:00:20] Speaker 0: text`, blocks apart by an empty line."""

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
        """The speaker's name."""
        return "User" if self.is_user else self.name or f"Speaker {self.speaker}"


def write_transcript(segments: Sequence[Segment]) -> str:
    """Format segments; without times if they overlap, for then the times mean nothing."""
    spoken = [segment for segment in segments if segment.text]
    if overlap(segments):
        return "\n\n".join(f"{part.who}: {part.text}" for part in spoken)
    times = (f"[{write_seconds(part.start)} - {write_seconds(part.end)}] " for part in spoken)
    return "\n\n".join(f"{time}{part.who}: {part.text}" for time, part in zip(times, spoken, strict=True))


def write_seconds(seconds: float) -> str:
    """Format seconds as hours, minutes and seconds."""
    return str(timedelta(seconds=max(0, int(seconds))))


def overlap(segments: Iterable[Segment]) -> bool:
    """Return whether a segment begins before an earlier one has ended."""
    latest = 0.0
    for segment in segments:
        if segment.start < latest:
            return True
        latest = max(latest, segment.end)
    return False
