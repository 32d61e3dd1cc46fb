import asyncio
from datetime import UTC, datetime

import pytest

from server.tunnel.request_counter import RequestCounter, RequestCountingMiddleware
from server.tunnel.store import TunnelStore
from tests.server.access.conftest import MovedClock, Opened

HTTP = {"type": "http"}


async def test_requests_to_the_tunnel_host_only_are_counted(opened: Opened, clock: MovedClock) -> None:
    async with opened() as state:
        counter = RequestCounter(TunnelStore(state.context.database), clock)
        app = RequestCountingMiddleware(nothing, counter)
        for hosts in (frozenset(), frozenset({b"desk.example"})):
            counter.hosts = hosts
            for host in (b"127.0.0.1:8000", b"Desk.example", b"desk.example"):
                await app(
                    {**HTTP, "headers": [(b"accept", b"*/*"), (b"x-forwarded-host", b"desk.example"), (b"host", host)]},
                    nothing,
                    nothing,
                )
        await app({"type": "websocket", "headers": [(b"host", b"desk.example")]}, nothing, nothing)
        await app({"type": "lifespan"}, nothing, nothing)
        assert counter.requests == 3


async def test_month_ends_in_utc_and_the_next_begins_at_zero(opened: Opened, clock: MovedClock) -> None:
    async with opened() as state:
        store = TunnelStore(state.context.database)
        clock.moment = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
        counter = RequestCounter(store, clock)
        counter.count()
        await counter.save()
        clock.move(minutes=1)
        assert counter.requests == 0
        counter.count()
        await counter.save()
        assert (await store.load_month("2026-01"), await store.load_month("2026-02")) == (1, 1)
        again = RequestCounter(store, clock)
        await again.load()
        again.count()
        assert again.requests == 2


@pytest.mark.parametrize(("requests", "words"), [(79, None), (80, "80 of the 100"), (99, "of the 100"), (100, "may refuse")])
def test_warning_begins_at_four_fifths_of_the_limit(opened: Opened, clock: MovedClock, requests: int, words: str | None) -> None:
    async def main() -> str | None:
        async with opened() as state:
            counter = RequestCounter(TunnelStore(state.context.database), clock)
            for _ in range(requests):
                counter.count()
            assert counter.warn(None) is None
            return counter.warn(100)

    warnings = asyncio.run(main())
    assert warnings is None if words is None else words in (warnings or "")


async def nothing(*_: object) -> None:
    pass
