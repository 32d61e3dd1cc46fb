import asyncio
import time
from dataclasses import replace

import pytest

from server.access.clients.registry import Client
from server.access.guard.rate_limits import Limits, Quota
from server.sdk.operation import Operation


def client(name: str = "bot", rate: str | None = None) -> Client:
    return Client(name, name, frozenset(), rate=rate)


def take(limits: Limits, calls: list[tuple[Client, bool]]) -> list[Quota | None]:
    async def main() -> list[Quota | None]:
        return [await limits.take(caller, changing=changing) for caller, changing in calls]

    return asyncio.run(main())


def passed(quotas: list[Quota | None]) -> list[bool]:
    return [quota is None or quota.passed for quota in quotas]


def test_reads_and_changes_are_counted_separately_for_each_client() -> None:
    calls = [(client(), False)] * 3 + [(client(), True)] * 2 + [(client("other"), True)]
    assert passed(take(Limits("2/minute", "1/minute"), calls)) == [True, True, False, True, False, True]


def test_custom_rate_counts_reads_and_changes_together() -> None:
    calls = [(client(rate="2/minute"), False), (client(rate="2/minute"), True), (client(rate="2/minute"), False)]
    assert passed(take(Limits("1/minute", "1/minute"), calls)) == [True, True, False]


def test_counted_request_is_not_counted_again_unless_it_changes_something() -> None:
    async def main() -> list[bool]:
        limits, bot = Limits("1/minute", "1/minute"), client()
        counted = [await limits.take(bot, changing=changing, counted=True) for changing in (False, True, False, True)]
        return passed([*counted, await limits.take(bot, changing=False), await limits.take(bot, changing=False)])

    assert asyncio.run(main()) == [True, True, True, False, True, False]


def test_client_without_a_limit_has_no_quota() -> None:
    assert take(Limits("1/minute", "1/minute"), [(client(rate="none"), True)] * 3) == [None, None, None]


def test_rate_limit_headers_have_the_remaining_quota() -> None:
    first, second = take(Limits("1/minute", "1/minute"), [(client(), False)] * 2)
    assert first is not None
    assert second is not None
    assert first.headers["RateLimit-Limit"] == "1"
    assert first.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(second.headers["RateLimit-Reset"]) <= 60


def test_only_the_first_refusal_of_a_series_is_recorded() -> None:
    quotas = take(Limits("1/minute", "1/minute"), [(client(), False)] * 4)
    assert [quota.first_refusal for quota in quotas if quota] == [False, True, False, False]


def test_callers_of_a_client_have_limits_of_their_own_and_one_together() -> None:
    ann, ben = (replace(client(), caller=name) for name in ("ann", "ben"))
    assert passed(take(Limits("2/minute", "1/minute"), [(caller, False) for caller in (ann, ann, ann, ben)])) == [
        *[True] * 2,
        False,
        True,
    ]
    invented = [(replace(client(), caller=str(number)), False) for number in range(601)]
    quotas = take(Limits("2/minute", "1/minute"), [*invented, *invented[:2]])
    assert passed(quotas) == [*[True] * 600, *[False] * 3]
    assert [quota.first_refusal for quota in quotas if quota][600:] == [True, False, False]


def test_rate_of_the_client_of_callers_is_theirs_together() -> None:
    calls = [
        (replace(client(rate="2/minute"), caller=str(number)), changing) for number, changing in enumerate([True, False, True])
    ]
    quotas = take(Limits("1/minute", "1/minute"), calls)
    assert passed(quotas) == [True, True, False]
    assert [quota.remaining for quota in quotas if quota] == [1, 0, 0]


def test_operation_with_a_rate_of_its_own_is_counted_alone_unless_the_client_has_one() -> None:
    submit = Operation("submit", "write:queue", "Submit.", changes=False, rate="2/second")

    async def main() -> list[list[bool]]:
        limits = Limits("2/second", "1/minute")
        usual, own, free = client(), client("own", rate="1/minute"), client("free", rate="none")
        own_rate = [
            await limits.take(usual, changing=False, counted=counted, operation=submit) for counted in (False, True, True)
        ]
        others = [await limits.take(usual, changing=False) for _ in range(3)]
        theirs = [await limits.take(own, changing=False, operation=submit) for _ in range(2)]
        none = [await limits.take(free, changing=False, operation=submit) for _ in range(3)]
        return [passed(quotas) for quotas in (own_rate, others, theirs, none)]

    assert asyncio.run(main()) == [[True, True, False], [True, True, False], [True, False], [True] * 3]


async def test_limit_does_not_last_longer_if_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, now = Limits("1/minute", "1/minute"), time.time()
    assert passed([await limits.take(client(), changing=False) for _ in range(2)]) == [True, False]
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert passed([await limits.take(client(), changing=False) for _ in range(2)]) == [True, False]
