"""Looks once a day whether there is a newer Deskhand, and only tells. It sends nothing but the question."""

import asyncio
import importlib.metadata
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from server.core.version import read_version
from server.sdk.context import Context

if TYPE_CHECKING:
    import httpx2

SECTION = "updates"
SEEN = "updates_seen"
SITE = "https://github.com/"
HEADERS = {"Accept": "application/vnd.github+json", "User-Agent": "Deskhand"}
LARGEST_ANSWER = 1_000_000  # bytes

log = logging.getLogger(__name__)


class Wish(BaseModel):
    """Whether to look."""

    check: bool = Field(True, description="Look once a day whether there is a newer Deskhand. Nothing about you is sent.")


class Update(BaseModel):
    """A newer Deskhand."""

    version: str = Field(description="Its version.")
    address: str = Field(description="The page where it can be had.")


class Seen(BaseModel):
    """What the last look found."""

    at: datetime | None = None
    tag: str = ""
    version: str = ""
    address: str = ""


class Release(BaseModel):
    """What GitHub says of the latest release: https://docs.github.com/en/rest/releases/releases#get-the-latest-release"""

    tag_name: str = Field(max_length=100)
    html_url: str = Field("", max_length=1000)
    draft: bool = False
    prerelease: bool = False


@dataclass(frozen=True)
class Place:
    """Where to look: `api` answers a Release, `page` is for people."""

    api: str
    page: str


@dataclass(frozen=True)
class Rhythm:
    """Seconds. `settle`: from the start to the first look. `every`: between two looks. `retry`: after a first failure, then
    twice as long each time. `glance`: between two glances at the clock, for a computer that sleeps. `patience`: for an answer.
    """

    settle: float = 60
    every: float = 24 * 3600
    retry: float = 3600
    glance: float = 3600
    patience: float = 20


def find_place(urls: Sequence[str] | None = None) -> Place | None:
    """Find where releases are published, as the package's own metadata says: None where it says nothing."""
    if urls is None:
        with suppress(importlib.metadata.PackageNotFoundError):
            urls = importlib.metadata.metadata("deskhand").get_all("Project-URL")
    for url in urls or ():
        name, _, page = url.partition(", ")
        found = re.fullmatch(re.escape(SITE) + r"([\w.-]+/[\w.-]+)/releases/?", page)
        if name == "Releases" and found:
            return Place(f"https://api.github.com/repos/{found[1]}/releases/latest", page)
    return None


class Updates:
    """What is known of newer versions. `possible`: there is a place to look, and this is no demo."""

    def __init__(self, context: Context, place: Place | None, rhythm: Rhythm | None = None, version: str | None = None) -> None:
        self._context, self._place, self._rhythm = context, place, rhythm or Rhythm()
        self._version = version or read_version()
        self._changed = asyncio.Event()
        self._failures = 0
        self._failed_at = 0.0
        self.possible = place is not None and not context.demo

    @property
    def wanted(self) -> bool:
        """Whether it looks."""
        return self.possible and self._context.settings.read(SECTION, Wish).check

    @property
    def found(self) -> Update | None:
        """The newer version, if there is one."""
        seen = self._context.settings.read(SEEN, Seen)
        if self.wanted and is_newer(seen.version, self._version):
            return Update(version=seen.version, address=seen.address)
        return None

    async def want(self, *, check: bool) -> None:
        """Look from now on, or no longer."""
        await self._context.settings.write(SECTION, Wish(check=check))
        self._context.events.publish("update")
        self._changed.set()

    async def run(self) -> None:
        """Look when it is time. Runs until it is cancelled."""
        if not self.possible:
            return
        await asyncio.sleep(self._rhythm.settle)
        while True:
            if self.wanted and self._is_due():
                await self._look()
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rhythm.glance):
                    await self._changed.wait()

    def _is_due(self) -> bool:
        if self._failures:
            wait = min(self._rhythm.every, self._rhythm.retry * float(1 << (self._failures - 1)))
            return self._context.clock.monotonic() >= self._failed_at + wait
        last, now = self._context.settings.read(SEEN, Seen).at, self._context.clock.now()
        return last is None or not timedelta(0) <= now - last < timedelta(seconds=self._rhythm.every)

    async def _look(self) -> None:
        before = self._context.settings.read(SEEN, Seen)
        try:
            async with asyncio.timeout(self._rhythm.patience):
                seen = await self._ask(before)
            await self._context.settings.write(SEEN, seen.model_copy(update={"at": self._context.clock.now()}))
        except Exception as error:  # noqa: BLE001, whatever a network or a stranger's answer brings is no news to anybody
            self._failures = min(self._failures + 1, 10)
            self._failed_at = self._context.clock.monotonic()
            log.info("Whether there is a newer Deskhand could not be found out: %s %s", type(error).__name__, error)
            return
        self._failures = 0
        if seen.version != before.version:
            self._context.events.publish("update")

    async def _ask(self, before: Seen) -> Seen:
        """Ask once. Raises where nothing sensible is answered."""
        if self._place is None:
            return before
        client = await asyncio.to_thread(make_client)
        headers = HEADERS | ({"If-None-Match": before.tag} if before.tag else {})
        async with client, client.stream("GET", self._place.api, headers=headers) as answer:
            if answer.status_code == 304:
                return before
            answer.raise_for_status()
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise ValueError("the answer is too large")
            return read_release(bytes(body), answer.headers.get("etag", "")[:200], self._place)


def make_client() -> "httpx2.AsyncClient":
    """Make what asks, in a thread: it reads all certificates first."""
    import httpx2

    return httpx2.AsyncClient(follow_redirects=True, max_redirects=3)


def read_release(body: bytes, tag: str, place: Place) -> Seen:
    """Read what GitHub says. ValueError: it is nonsense. A draft is no release."""
    from packaging.version import Version

    try:
        release = Release.model_validate_json(body)
    except ValidationError as error:
        raise ValueError("the answer is no release") from error
    if release.draft or release.prerelease:
        return Seen(tag=tag)
    version = str(Version(release.tag_name))
    return Seen(tag=tag, version=version, address=choose_page(release.html_url, place))


def choose_page(address: str, place: Place) -> str:
    """The page of a release, where it is one of our own; else the page of all of them. A person will be sent there."""
    own = re.escape(place.page.rstrip("/")) + r"/tag/[A-Za-z0-9._+%~-]+"
    return address if re.fullmatch(own, address) else place.page


def is_newer(version: str, own: str) -> bool:
    """Tell whether a version is newer than ours."""
    if not version:
        return False
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) > Version(own)
    except InvalidVersion:
        return False
