import asyncio
import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.core.events import Events
from server.runtime.updates import SECTION, Place, Rhythm, Seen, Update, Updates, Wish, find_place, is_newer, read_release
from server.sdk.context import Context
from server.storage.settings import Settings

PAGE = "https://github.com/example/deskhand/releases"
RELEASE = {"tag_name": "v2.0.0", "html_url": f"{PAGE}/tag/v2.0.0", "draft": False, "prerelease": False, "assets": []}
QUICK = Rhythm(settle=0, retry=3600, glance=0.01, patience=10)


class Clock:
    """A clock that is set by hand."""

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
    """Settings that count how often they are read, which is what each glance begins with."""

    reads = 0

    def read(self, section, model):
        self.reads += 1
        return super().read(section, model)


class GitHub:
    """GitHub's releases, as far as they are asked for, on a loopback socket."""

    def __init__(self):
        self.asked, self.status, self.body, self.tag = [], 200, json.dumps(RELEASE).encode(), '"one"'
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                github.asked.append((self.path, dict(self.headers)))
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
    def place(self):
        return Place(f"http://127.0.0.1:{self.server.server_port}/repos/example/deskhand/releases/latest", PAGE)

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


async def wait_until(so):
    async with asyncio.timeout(20):
        while not so():
            await asyncio.sleep(0.005)


async def glanced(context):
    """Wait until it has looked at the clock and decided."""
    before = context.settings.reads
    await wait_until(lambda: context.settings.reads >= before + 10)


def run(work, context, place, version="1.0.0", rhythm=QUICK):
    """Run the looking beside `work(updates)`."""

    async def live():
        updates = Updates(context, place, rhythm, version)
        task = asyncio.create_task(updates.run())
        try:
            await work(updates)
        finally:
            task.cancel()

    asyncio.run(live())


def test_a_newer_version_is_told_and_the_question_says_nothing_of_anybody(context, github) -> None:
    async def work(updates):
        with context.events.subscribed() as news:
            await wait_until(lambda: updates.found)
            assert (await anext(news)).topic == "update"
        assert updates.found == Update(version="2.0.0", address=RELEASE["html_url"])

    run(work, context, github.place)
    ((path, headers),) = github.asked
    assert path == "/repos/example/deskhand/releases/latest"
    assert set(headers) <= {"Host", "Accept", "Accept-Encoding", "Connection", "User-Agent"}
    assert headers["User-Agent"] == "Deskhand"


def test_it_looks_once_a_day_and_says_what_it_knows(context, github, clock) -> None:
    async def work(updates):
        await wait_until(lambda: len(github.asked) == 1 and updates.found)
        clock.pass_hours(23)
        await glanced(context)
        assert len(github.asked) == 1
        clock.pass_hours(2)
        await wait_until(lambda: len(github.asked) == 2)
        assert updates.found

    run(work, context, github.place)
    assert github.asked[1][1]["If-None-Match"] == '"one"'


def test_a_restart_does_not_look_again(context, github, clock) -> None:
    async def first(updates):
        await wait_until(lambda: updates.found)

    async def second(updates):
        assert updates.found
        await glanced(context)

    run(first, context, github.place)
    run(second, context, github.place)
    assert len(github.asked) == 1


def test_turned_off_it_neither_looks_nor_tells(context, github) -> None:
    async def work(updates):
        await glanced(context)
        assert github.asked == []
        await updates.want(check=True)
        await wait_until(lambda: updates.found)
        await updates.want(check=False)
        assert updates.found is None

    asyncio.run(context.settings.write(SECTION, Wish(check=False)))
    run(work, context, github.place)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (403, b"{}"), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"tag_name": 5}'), (200, b"x" * 2_000_000)]
    + [(200, json.dumps({**RELEASE, "tag_name": tag}).encode()) for tag in ("", "nightly", "9" * 200)],
)
def test_nonsense_is_nothing_new_and_is_asked_again_later_and_later(context, github, clock, status, body) -> None:
    async def work(updates):
        github.status, github.body = status, body
        await wait_until(lambda: len(github.asked) == 1)
        await glanced(context)
        assert updates.found is None
        clock.pass_hours(1.1)
        await wait_until(lambda: len(github.asked) == 2)
        await glanced(context)
        clock.pass_hours(1.1)
        await glanced(context)
        assert len(github.asked) == 2
        github.status, github.body = 200, json.dumps(RELEASE).encode()
        clock.pass_hours(1.1)
        await wait_until(lambda: updates.found)

    run(work, context, github.place)


def test_where_nobody_answers_nothing_happens(context) -> None:
    async def work(updates):
        await glanced(context)
        assert updates.found is None

    run(work, context, Place("http://127.0.0.1:1/latest", PAGE))


def test_without_a_place_or_in_the_demo_there_is_nothing_to_look_at(context, github) -> None:
    async def work(updates):
        assert not updates.possible
        assert not updates.wanted
        await asyncio.wait_for(updates.run(), 5)

    run(work, context, None)
    object.__setattr__(context, "demo", True)
    run(work, context, github.place)
    assert github.asked == []


def test_drafts_and_foreign_pages_are_not_followed() -> None:
    place = Place("", PAGE)
    assert read_release(json.dumps({**RELEASE, "draft": True}).encode(), "", place) == Seen()
    assert read_release(json.dumps({**RELEASE, "html_url": "https://example.org"}).encode(), "", place).address == PAGE
    hostile = (
        "https://github.com/other/deskhand/releases/tag/v2",
        f"{PAGE}/tag/\x1b[31m",
        f"{PAGE}/tag/v2\n",
        f"{PAGE}/../../../x",
        f"{PAGE}x",
    )
    for address in hostile:
        assert read_release(json.dumps({**RELEASE, "html_url": address}).encode(), "", place).address == PAGE


@pytest.mark.parametrize(
    ("urls", "found"),
    [
        (
            ["Releases, https://github.com/example/deskhand/releases"],
            "https://api.github.com/repos/example/deskhand/releases/latest",
        ),
        (["Homepage, https://github.com/example/deskhand"], None),
        (["Releases, https://example.org/releases"], None),
        ([], None),
    ],
)
def test_the_place_is_what_the_package_says(urls, found) -> None:
    place = find_place(urls)
    assert (place and place.api) == found


def test_the_package_names_a_place_or_none() -> None:
    assert find_place() is None or find_place().page.startswith("https://github.com/")


@pytest.mark.parametrize(("version", "newer"), [("1.0.1", True), ("1.10", True), ("1.0.0", False), ("0.9", False), ("", False)])
def test_versions_are_compared_as_versions(version, newer) -> None:
    assert is_newer(version, "1.0.0") is newer
