"""Daily check for a newer Deskhand. It only notifies, and sends nothing but the request."""

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, Field, ValidationError

from server.core.version import read_version
from server.sdk.context import Context

SECTION = "updates"
LAST_CHECK = "updates_seen"
HEADERS = {"Accept": "application/vnd.github+json"}
MAX_RESPONSE = 1_000_000  # bytes

log = logging.getLogger(__name__)


class UpdateSettings(BaseModel):
    """Settings of the check, in the section "updates" of settings.json."""

    check: bool = Field(True, description="Look once a day whether there is a newer Deskhand. Nothing about you is sent.")
    feed_url: str = Field(
        "",
        description="URL that answers the latest release as GitHub's API does, such as "
        "https://api.github.com/repos/OWNER/NAME/releases/latest. Empty: nothing is checked.",
    )
    page_url: str = Field("", description="Page of all releases, such as https://github.com/OWNER/NAME/releases.")


class Update(BaseModel):
    """A newer Deskhand."""

    version: str = Field(description="Its version.")
    address: str = Field(description="The page where it can be had.")


class LastCheck(BaseModel):
    """Result of the last successful check."""

    at: datetime | None = None
    tag: str = ""
    version: str = ""
    address: str = ""


class Release(BaseModel):
    """Latest release in GitHub's API: https://docs.github.com/en/rest/releases/releases#get-the-latest-release"""

    tag_name: str = Field(max_length=100)
    html_url: str = Field("", max_length=1000)
    draft: bool = False
    prerelease: bool = False


@dataclass(frozen=True)
class Schedule:
    """Durations in seconds. `first`: from the start to the first check. `interval`: between checks. `retry`: after a failure,
    doubled after each further one. `poll`: between two looks at the clock, for a computer that sleeps. `timeout`: of a request.
    """

    first: float = 60
    interval: float = 24 * 3600
    retry: float = 3600
    poll: float = 3600
    timeout: float = 20


class Updates:
    """Check for newer versions."""

    def __init__(self, context: Context, schedule: Schedule | None = None, version: str | None = None) -> None:
        self._context, self._schedule = context, schedule or Schedule()
        self._version = version or read_version()
        self._changed = asyncio.Event()
        self._failures = 0
        self._failed_at = 0.0

    @property
    def settings(self) -> UpdateSettings:
        """Current settings."""
        return self._context.settings.read(SECTION, UpdateSettings)

    @property
    def possible(self) -> bool:
        """True if there is a URL to check, and this is no demo."""
        return bool(self.settings.feed_url) and not self._context.demo

    @property
    def wanted(self) -> bool:
        """True if the check is on."""
        return self.possible and self.settings.check

    @property
    def found(self) -> Update | None:
        """Newer version, if there is one."""
        last = self._context.settings.read(LAST_CHECK, LastCheck)
        if self.wanted and is_newer(last.version, self._version):
            return Update(version=last.version, address=last.address)
        return None

    async def want(self, *, check: bool) -> None:
        """Turn the check on or off."""
        update = {"check": check}
        await self._context.settings.change(SECTION, UpdateSettings, lambda current: current.model_copy(update=update))
        self._context.events.publish("update")
        self._changed.set()

    async def run(self) -> None:
        """Check when it is time. Runs until it is cancelled."""
        await asyncio.sleep(self._schedule.first)
        while True:
            if self.wanted and self._is_due():
                await self._check()
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._schedule.poll):
                    await self._changed.wait()

    def _is_due(self) -> bool:
        schedule = self._schedule
        if self._failures:
            delay = min(schedule.interval, schedule.retry * float(1 << (self._failures - 1)))
            return self._context.clock.monotonic() >= self._failed_at + delay
        last, now = self._context.settings.read(LAST_CHECK, LastCheck).at, self._context.clock.now()
        return last is None or not timedelta(0) <= now - last < timedelta(seconds=schedule.interval)

    async def _check(self) -> None:
        before = self._context.settings.read(LAST_CHECK, LastCheck)
        try:
            async with asyncio.timeout(self._schedule.timeout):
                latest = await self._request(before)
            await self._context.settings.write(LAST_CHECK, latest.model_copy(update={"at": self._context.clock.now()}))
        except Exception as error:  # noqa: BLE001, no failure of a network or of a feed is worth a message
            self._failures = min(self._failures + 1, 10)
            self._failed_at = self._context.clock.monotonic()
            log.info("Whether there is a newer Deskhand could not be found out: %s %s", type(error).__name__, error)
            return
        self._failures = 0
        if latest.version != before.version:
            self._context.events.publish("update")

    async def _request(self, before: LastCheck) -> LastCheck:
        """Request the feed. Raises any error for an answer that makes no sense."""
        http, settings = await self._context.http.get(), self.settings
        headers = HEADERS | ({"If-None-Match": before.tag} if before.tag else {})
        async with http.stream("GET", settings.feed_url, headers=headers, follow_redirects=True) as response:
            if response.status_code == 304:
                return before
            response.raise_for_status()
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_RESPONSE:
                    raise ValueError("the answer is too large")
            return read_release(bytes(body), response.headers.get("etag", "")[:200], settings.page_url)


def read_release(body: bytes, tag: str, page_url: str) -> LastCheck:
    """Read a release; drafts and prereleases count as none. Raises ValueError if it is invalid."""
    from packaging.version import Version

    try:
        release = Release.model_validate_json(body)
    except ValidationError as error:
        raise ValueError("the answer is no release") from error
    if release.draft or release.prerelease:
        return LastCheck(tag=tag)
    version, own = str(Version(release.tag_name)), re.escape(page_url.rstrip("/")) + r"/tag/[A-Za-z0-9._+%~-]+"
    is_own = page_url and re.fullmatch(own, release.html_url)  # else the page of all releases: the person is sent there
    return LastCheck(tag=tag, version=version, address=release.html_url if is_own else page_url)


def is_newer(version: str, own: str) -> bool:
    """Compare two versions."""
    if not version:
        return False
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) > Version(own)
    except InvalidVersion:
        return False
