"""The fake runs in a loop, in a thread and as a process."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.integrations.gmail.fake import Account, FakeGoogle, running_fake_google
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
