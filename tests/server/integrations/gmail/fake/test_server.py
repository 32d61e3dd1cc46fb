"""Faults of the fake Google, and the log of its requests."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from server.integrations.gmail.fake import FakeGoogle, Fault, running_fake_google
from tests import loopback

PROFILE = "/gmail/v1/users/me/profile"
SEND = {"raw": "VG86IGFsZXhAZXhhbXBsZS5jb20NCg0KaGk"}


@pytest.fixture
def fake() -> Iterator[FakeGoogle]:
    with running_fake_google(FakeGoogle(folder=None)) as fake:
        yield fake


def send(fake: FakeGoogle) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {fake.grant()['token']}"}
    return loopback.post(f"{fake.address}/gmail/v1/users/me/messages/send", headers=headers, json=SEND, timeout=10)


def count(fake: FakeGoogle) -> int:
    return len(fake.mailboxes["alex@example.com"].mails)


def test_fault_is_limited_to_its_number_and_method(fake: FakeGoogle) -> None:
    fake.fail_next(503, times=2, path="/send$")

    statuses = [loopback.get(fake.address + PROFILE).status_code, *(send(fake).status_code for _ in range(3))]

    assert statuses == [401, 503, 503, 200]
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


def test_fault_controls_are_off_by_default(fake: FakeGoogle) -> None:
    assert loopback.post(f"{fake.address}/fake/faults", json={"status": 500}).status_code == 404


@pytest.mark.parametrize("order", [lambda fake: fake.fail_next(500), lambda fake: fake.faults.order(Fault(drop=True))])
def test_faults_can_be_removed(fake: FakeGoogle, order: Callable[[FakeGoogle], None]) -> None:
    order(fake)

    fake.faults.clear()

    assert send(fake).status_code == 200
