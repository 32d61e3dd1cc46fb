"""Files of answers that clients fetch by a link: in memory, for some minutes, under ids that nobody can guess."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from server.core.clock import Clock

SECONDS = 600.0  # that a link works
LARGEST = 8 * 1024 * 1024  # bytes of one
MOST_BYTES = 48 * 1024 * 1024  # of all
SHOWN = frozenset(  # types that a browser shows without running anything; the others are downloads
    {"image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/wav", "audio/ogg", "audio/mp4", "audio/webm"}
)
DOWNLOAD = "application/octet-stream"


@dataclass(frozen=True)
class Asset:
    """A file. `media_type`: as it is served; `declared`: as its author says."""

    data: bytes
    media_type: str
    declared: str
    until: float


class Assets:
    """The files of answers. The oldest give way when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._assets: OrderedDict[str, Asset] = OrderedDict()
        self._bytes = 0

    def add(self, data: bytes, declared: str) -> str | None:
        """Add a file, and return its id; None if it is too large."""
        if len(data) > LARGEST:
            return None
        now, asset_id = self._clock.monotonic(), secrets.token_urlsafe(32)
        while self._assets and (self._bytes + len(data) > MOST_BYTES or next(iter(self._assets.values())).until <= now):
            self._bytes -= len(self._assets.popitem(last=False)[1].data)
        self._assets[asset_id] = Asset(data, declared if declared in SHOWN else DOWNLOAD, declared, now + SECONDS)
        self._bytes += len(data)
        return asset_id

    def find(self, asset_id: str) -> Asset | None:
        """Find a file; None if there is no such, or its time is over."""
        asset = self._assets.get(asset_id)
        return asset if asset and asset.until > self._clock.monotonic() else None
