import asyncio

from server.access.clients.registry import Client
from server.access.guard.rate_limits import Limits, Quota


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
