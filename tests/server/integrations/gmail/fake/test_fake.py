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


def test_fake_serves_inside_a_running_loop_and_frees_its_port() -> None:
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


def test_fake_uses_the_requested_port_or_raises_if_it_is_taken() -> None:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        port = int(fake.address.rpartition(":")[2])
    with running_fake_google(FakeGoogle(folder=None), port=port) as fake:
        assert fake.address == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"), running_fake_google(FakeGoogle(folder=None), port=port):
            pass


def test_accounts_are_configurable() -> None:
    fake = FakeGoogle(accounts=[Account("sam@example.net", "Sam")], folder=None)

    with running_fake_google(fake):
        answer = ask(fake.address, fake.grant()["token"])

    assert answer.json()["emailAddress"] == "sam@example.net"


def test_tokens_expire_by_the_injected_clock() -> None:
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


def test_fault_is_limited_to_its_number_and_method(fake: FakeGoogle) -> None:
    fake.fail_next(503, times=2, path="/send$")

    statuses = [ask(fake.address, fake.grant()["token"]).status_code, *(send(fake).status_code for _ in range(3))]

    assert statuses == [200, 503, 503, 200]
    assert count(fake) == 1


def test_rate_limit_has_retry_after(fake: FakeGoogle) -> None:
    fake.fail_next(429, retry_after=7)

    answer = send(fake)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["errors"][0] == {
        "domain": "usageLimits",
        "message": "Too many concurrent requests for user.",
        "reason": "rateLimitExceeded",
    }


def test_quota_error_has_the_format_of_google(fake: FakeGoogle) -> None:
    fake.fail_next(403, reason="userRateLimitExceeded")

    assert send(fake).json()["error"]["errors"][0]["reason"] == "userRateLimitExceeded"


@pytest.mark.parametrize("after", [True, False])
def test_error_can_hide_that_the_call_took_effect(fake: FakeGoogle, after: bool) -> None:
    fake.fail_next(500, after=after)

    assert send(fake).status_code == 500
    assert count(fake) == int(after)


@pytest.mark.parametrize("after", [True, False])
def test_connection_is_closed_by_a_fault(fake: FakeGoogle, after: bool) -> None:
    fake.drop_next(after=after)

    with pytest.raises(httpx2.RemoteProtocolError):
        send(fake)
    assert count(fake) == int(after)
    assert [call.status for call in fake.calls] == [0]
    assert send(fake).status_code == 200


def test_response_is_delayed_by_a_fault(fake: FakeGoogle) -> None:
    fake.delay_next(0.3)

    began = time.monotonic()
    assert send(fake).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_shutdown_does_not_wait_for_a_pending_response() -> None:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        fake.delay_next(60)
        with pytest.raises(httpx2.ReadTimeout):
            loopback.get(fake.address + PROFILE, timeout=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 30


def test_received_calls_are_listed(fake: FakeGoogle) -> None:
    send(fake)
    loopback.get(fake.address + PROFILE)

    assert [(call.method, call.path.rpartition("/")[2], call.status) for call in fake.calls] == [
        ("POST", "send", 200),
        ("GET", "profile", 401),
    ]


def test_concurrent_sends_are_all_stored(fake: FakeGoogle) -> None:
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


def test_fake_runs_as_a_process_with_fault_controls() -> None:
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


def test_fault_controls_are_off_by_default(fake: FakeGoogle) -> None:
    assert loopback.post(f"{fake.address}/fake/faults", json={"status": 500}).status_code == 404


@pytest.mark.parametrize("order", [lambda fake: fake.fail_next(500), lambda fake: fake.faults.order(Fault(drop=True))])
def test_faults_can_be_removed(fake: FakeGoogle, order: Callable[[FakeGoogle], None]) -> None:
    order(fake)

    fake.faults.clear()

    assert send(fake).status_code == 200
