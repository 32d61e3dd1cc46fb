"""The fake runs in a loop, in a thread and as a process, and goes wrong when it is told to."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.integrations.gmail.fake import Account, FakeGoogle, Fault, running_fake_google
from tests import loopback

PROFILE = "/gmail/v1/users/me/profile"
ROOT = Path(__file__).parents[5]


def ask(address: str, token: str, path: str = PROFILE, **options: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return loopback.request(options.pop("method", "GET"), address + path, headers=headers, timeout=10, **options)


def test_it_serves_inside_a_running_loop_and_lets_go_of_its_port() -> None:
    async def use() -> tuple[str, int]:
        fake = FakeGoogle(folder=None)
        async with fake.serving() as address:
            headers = {"Authorization": f"Bearer {fake.grant()['token']}"}
            async with loopback.AsyncClient() as client:
                return address, (await client.get(address + PROFILE, headers=headers)).status_code

    address, status = asyncio.run(use())

    assert status == 200
    with pytest.raises(httpx2.ConnectError):
        loopback.get(address)


def test_it_serves_on_the_port_that_is_wanted_and_says_when_that_is_taken() -> None:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        port = int(fake.address.rpartition(":")[2])
    with running_fake_google(FakeGoogle(folder=None), port=port) as fake:
        assert fake.address == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"), running_fake_google(FakeGoogle(folder=None), port=port):
            pass


def test_accounts_may_be_others() -> None:
    fake = FakeGoogle(accounts=[Account("sam@example.net", "Sam")], folder=None)

    with running_fake_google(fake):
        answer = ask(fake.address, fake.grant()["token"])

    assert answer.json()["emailAddress"] == "sam@example.net"


def test_tokens_end_by_the_clock_that_was_handed_in() -> None:
    class Clock:
        moment = datetime(2026, 1, 1, tzinfo=UTC)

        def now(self) -> datetime:
            return self.moment

    clock = Clock()
    with running_fake_google(FakeGoogle(clock, folder=None, token_seconds=10)) as fake:
        granted = fake.grant()
        before = ask(fake.address, granted["token"]).status_code
        clock.moment += timedelta(seconds=10)
        after = ask(fake.address, granted["token"]).status_code

    assert (before, after, granted["expiry"]) == (200, 401, "2026-01-01T00:00:10Z")


@pytest.fixture
def fake() -> Iterator[FakeGoogle]:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        yield fake


SEND = {"raw": "VG86IGFsZXhAZXhhbXBsZS5jb20NCg0KaGk"}


def send(fake: FakeGoogle) -> httpx2.Response:
    return ask(fake.address, fake.grant()["token"], "/gmail/v1/users/me/messages/send", method="POST", json=SEND)


def count(fake: FakeGoogle) -> int:
    return len(fake.mailboxes["alex@example.com"].mails)


def test_it_fails_as_often_as_it_is_told_and_only_where(fake: FakeGoogle) -> None:
    fake.fail_next(503, times=2, path="/send$")

    statuses = [ask(fake.address, fake.grant()["token"]).status_code, *(send(fake).status_code for _ in range(3))]

    assert statuses == [200, 503, 503, 200]
    assert count(fake) == 1


def test_too_many_calls_are_told_when_to_come_back(fake: FakeGoogle) -> None:
    fake.fail_next(429, retry_after=7)

    answer = send(fake)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["errors"][0] == {
        "domain": "usageLimits",
        "message": "Too many concurrent requests for user.",
        "reason": "rateLimitExceeded",
    }


def test_a_quota_is_told_as_google_tells_it(fake: FakeGoogle) -> None:
    fake.fail_next(403, reason="userRateLimitExceeded")

    assert send(fake).json()["error"]["errors"][0]["reason"] == "userRateLimitExceeded"


@pytest.mark.parametrize("after", [True, False])
def test_an_error_may_hide_that_the_call_took_effect(fake: FakeGoogle, after: bool) -> None:
    fake.fail_next(500, after=after)

    assert send(fake).status_code == 500
    assert count(fake) == int(after)


@pytest.mark.parametrize("after", [True, False])
def test_it_hangs_up(fake: FakeGoogle, after: bool) -> None:
    fake.drop_next(after=after)

    with pytest.raises(httpx2.RemoteProtocolError):
        send(fake)
    assert count(fake) == int(after)
    assert [call.status for call in fake.calls] == [0]
    assert send(fake).status_code == 200


def test_it_answers_slowly(fake: FakeGoogle) -> None:
    fake.delay_next(0.3)

    began = time.monotonic()
    assert send(fake).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_it_ends_at_once_although_an_answer_is_still_to_come() -> None:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        fake.delay_next(60)
        with pytest.raises(httpx2.ReadTimeout):
            loopback.get(fake.address + PROFILE, timeout=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_it_tells_which_calls_arrived(fake: FakeGoogle) -> None:
    send(fake)
    loopback.get(fake.address + PROFILE)

    assert [(call.method, call.path.rpartition("/")[2], call.status) for call in fake.calls] == [
        ("POST", "send", 200),
        ("GET", "profile", 401),
    ]


def test_many_threads_may_send_at_once(fake: FakeGoogle) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [answer.json()["id"] for answer in pool.map(lambda _: send(fake), range(40))]

    assert len(set(sent)) == count(fake) == 40


@contextmanager
def process(*arguments: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "server.integrations.gmail.fake", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ}) as running:
        try:
            assert running.stdout
            yield json.loads(running.stdout.readline())
        finally:
            running.kill()


def test_it_runs_as_a_process_and_takes_orders_over_the_wire() -> None:
    with process() as ready:
        address, granted = ready["address"], ready["grants"]["alex.morgan@example.org"]
        fault = {"path": "profile", "status": 503}

        ordered = loopback.post(f"{address}/fake/faults", json=fault).status_code
        statuses = [ask(address, granted["token"]).status_code for _ in range(2)]
        loopback.post(f"{address}/fake/faults", json=fault)
        loopback.delete(f"{address}/fake/faults")
        statuses.append(ask(address, granted["token"]).status_code)
        calls = loopback.get(f"{address}/fake/calls").json()

    assert (ordered, statuses) == (204, [503, 200, 200])
    assert [call["status"] for call in calls if call["path"] == PROFILE] == statuses
    assert ready["client_secrets"]["installed"]["token_uri"] == f"{address}/token"


def test_without_controls_nobody_orders_faults_over_the_wire(fake: FakeGoogle) -> None:
    assert loopback.post(f"{fake.address}/fake/faults", json={"status": 500}).status_code == 404


@pytest.mark.parametrize("order", [lambda fake: fake.fail_next(500), lambda fake: fake.faults.order(Fault(drop=True))])
def test_orders_can_be_taken_back(fake: FakeGoogle, order: Callable[[FakeGoogle], None]) -> None:
    order(fake)

    fake.faults.clear()

    assert send(fake).status_code == 200
