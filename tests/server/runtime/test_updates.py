import asyncio
import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.core.events import Events
from server.runtime.updates import SECTION, LastCheck, Schedule, Update, Updates, UpdateSettings, is_newer, read_release
from server.sdk.context import Context
from server.storage.settings import Settings

PAGE = "https://github.com/example/deskhand/releases"
RELEASE = {"tag_name": "v2.0.0", "html_url": f"{PAGE}/tag/v2.0.0", "draft": False, "prerelease": False, "assets": []}
QUICK = Schedule(first=0, retry=3600, poll=0.01, timeout=10)


class Clock:
    """Clock that a test moves."""

    def __init__(self):
        self.time, self.seconds = datetime(2026, 11, 21, 12, tzinfo=UTC), 0.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.seconds

    def pass_hours(self, hours):
        self.time += timedelta(hours=hours)
        self.seconds += hours * 3600


class WatchedSettings(Settings):
    """Settings that count their reads; each poll begins with some."""

    reads = 0

    def read(self, section, model):
        self.reads += 1
        return super().read(section, model)


class GitHub:
    """Server with GitHub's API for the latest release, on a loopback socket."""

    def __init__(self):
        self.requests, self.status, self.body, self.tag = [], 200, json.dumps(RELEASE).encode(), '"one"'
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                github.requests.append((self.path, dict(self.headers)))
                same = self.headers.get("If-None-Match") == github.tag
                status, body = (304, b"") if same and github.status == 200 else (github.status, github.body)
                self.send_response(status)
                self.send_header("ETag", github.tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # whoever asked may have heard enough
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def feed(self):
        return f"http://127.0.0.1:{self.server.server_port}/repos/example/deskhand/releases/latest"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def github():
    github = GitHub()
    yield github
    github.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def context(tmp_path, clock):
    nothing = dict.fromkeys(("folders", "secrets", "database", "fetch", "screen", "approval_requests"))
    return Context(settings=WatchedSettings(tmp_path), events=Events(), clock=clock, **nothing)


async def wait_until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def polled(context):
    """Wait until it has decided several times."""
    before = context.settings.reads
    await wait_until(lambda: context.settings.reads >= before + 10)


def run(work, context, feed, version="1.0.0"):
    """Run the check beside `work(updates)`."""

    async def live():
        settings = context.settings.read(SECTION, UpdateSettings).model_copy(update={"feed_url": feed, "page_url": PAGE})
        await context.settings.write(SECTION, settings)
        updates = Updates(context, QUICK, version)
        context.tasks.start(updates.run(), name="check for updates")
        try:
            await work(updates)
        finally:
            await context.tasks.close()
            await context.http.close()
        assert context.tasks.problem is None

    asyncio.run(live())


def test_newer_version_is_found_and_the_request_identifies_nobody(context, github) -> None:
    async def work(updates):
        with context.events.subscribed() as news:
            await wait_until(lambda: updates.found)
            assert (await anext(news)).topic == "update"
        assert updates.found == Update(version="2.0.0", address=RELEASE["html_url"])

    run(work, context, github.feed)
    ((path, headers),) = github.requests
    assert path == "/repos/example/deskhand/releases/latest"
    assert set(headers) <= {"Host", "Accept", "Accept-Encoding", "Connection", "User-Agent"}
    assert headers["User-Agent"] == "Deskhand"


def test_check_runs_once_a_day_with_the_etag_of_the_last(context, github, clock) -> None:
    async def work(updates):
        await wait_until(lambda: len(github.requests) == 1 and updates.found)
        clock.pass_hours(23)
        await polled(context)
        assert len(github.requests) == 1
        clock.pass_hours(2)
        await wait_until(lambda: len(github.requests) == 2)
        assert updates.found

    run(work, context, github.feed)
    assert github.requests[1][1]["If-None-Match"] == '"one"'


def test_restart_does_not_check_again(context, github, clock) -> None:
    async def first(updates):
        await wait_until(lambda: updates.found)

    async def second(updates):
        assert updates.found
        await polled(context)

    run(first, context, github.feed)
    run(second, context, github.feed)
    assert len(github.requests) == 1


def test_disabled_check_neither_requests_nor_reports(context, github) -> None:
    async def work(updates):
        await polled(context)
        assert github.requests == []
        await updates.want(check=True)
        await wait_until(lambda: updates.found)
        await updates.want(check=False)
        assert updates.found is None

    asyncio.run(context.settings.write(SECTION, UpdateSettings(check=False)))
    run(work, context, github.feed)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (403, b"{}"), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"tag_name": 5}'), (200, b"x" * 2_000_000)]
    + [(200, json.dumps({**RELEASE, "tag_name": tag}).encode()) for tag in ("", "nightly", "9" * 200)],
)
def test_invalid_answer_is_retried_with_backoff(context, github, clock, status, body) -> None:
    async def work(updates):
        github.status, github.body = status, body
        await wait_until(lambda: len(github.requests) == 1)
        await polled(context)
        assert updates.found is None
        clock.pass_hours(1.1)
        await wait_until(lambda: len(github.requests) == 2)
        await polled(context)
        clock.pass_hours(1.1)
        await polled(context)
        assert len(github.requests) == 2
        github.status, github.body = 200, json.dumps(RELEASE).encode()
        clock.pass_hours(1.1)
        await wait_until(lambda: updates.found)

    run(work, context, github.feed)


def test_unreachable_feed_is_no_update(context) -> None:
    async def work(updates):
        await polled(context)
        assert updates.found is None

    run(work, context, "http://127.0.0.1:1/latest")


def test_check_is_impossible_without_a_feed_and_in_the_demo(context, github) -> None:
    async def work(updates):
        assert not updates.possible
        assert not updates.wanted
        await polled(context)

    run(work, context, "")
    object.__setattr__(context, "demo", True)
    run(work, context, github.feed)
    assert github.requests == []


def test_drafts_and_foreign_pages_are_not_used() -> None:
    assert read_release(json.dumps({**RELEASE, "draft": True}).encode(), "", PAGE) == LastCheck()
    assert read_release(json.dumps({**RELEASE, "html_url": "https://example.org"}).encode(), "", PAGE).address == PAGE
    hostile = (
        "https://github.com/other/deskhand/releases/tag/v2",
        f"{PAGE}/tag/\x1b[31m",
        f"{PAGE}/tag/v2\n",
        f"{PAGE}/../../../x",
        f"{PAGE}x",
    )
    for address in hostile:
        assert read_release(json.dumps({**RELEASE, "html_url": address}).encode(), "", PAGE).address == PAGE


@pytest.mark.parametrize(("version", "newer"), [("1.0.1", True), ("1.10", True), ("1.0.0", False), ("0.9", False), ("", False)])
def test_versions_are_compared_numerically(version, newer) -> None:
    assert is_newer(version, "1.0.0") is newer
