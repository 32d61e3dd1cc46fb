import asyncio

from server.access.clients.usage import Use


async def make(state, name: str = "bot") -> str:
    return (await state.clients.create(name, frozenset(), {}))[0].id


async def stored(state) -> list[tuple[str, str]]:
    def look(connection) -> list[tuple[str, str]]:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT address, at FROM client_use")]

    return await state.context.database.read(look)


async def test_last_use_has_the_time_and_the_public_address(opened, clock) -> None:
    async with opened() as state:
        bot = await make(state)
        await state.usage.record(bot, "127.0.0.1:8000")
        state.address.set_public_url("https://Desk.example.org")
        for host in ("desk.example.org", "desk.example.org:443"):
            clock.move(hours=1)
            await state.usage.record(bot, host)
        use = (await state.usage.read())[bot]
        assert use.last_at == clock.now().isoformat()
        assert use.last_by_address == {"https://desk.example.org": clock.now().isoformat()}


async def test_last_use_survives_a_restart_and_is_stored_at_most_once_a_minute(opened, clock) -> None:
    async with opened() as state:
        bot = await make(state)
        first = clock.now().isoformat()
        for _ in range(5):
            await state.usage.record(bot, "localhost")
            clock.move(seconds=10)
        assert await stored(state) == [("", first)]
        assert (await state.usage.read())[bot].last_at > first
        clock.move(seconds=10)
        await state.usage.record(bot, "localhost")
        assert await stored(state) == [("", clock.now().isoformat())]
    async with opened() as state:
        assert (await state.usage.read())[bot].last_at == clock.now().isoformat()


async def test_concurrent_first_calls_are_one_row_of_usage(opened) -> None:
    async with opened() as state:
        bot = await make(state)
        await asyncio.gather(*(state.usage.record(bot, "localhost") for _ in range(20)))
        assert len(await stored(state)) == 1


async def test_call_succeeds_if_its_usage_cannot_be_stored(opened, caplog) -> None:
    async with opened() as state:
        bot = await make(state)
        await state.context.database.close()
        await state.usage.record(bot, "localhost")
        assert "last used" in caplog.text


def test_unused_client_has_no_last_use() -> None:
    assert (Use().last_at, Use().last_by_address, Use().calls_today) == (None, {}, 0)


async def test_document_fetch_through_the_current_address_is_recorded(opened, clock) -> None:
    async with opened() as state:
        state.address.set_public_url("https://desk.example.org")
        assert state.usage.find_document("bot") is None
        assert state.usage.record_document("bot", "desk.example.org")
        assert state.usage.find_document("bot") == clock.now()
        assert not state.usage.record_document("bot", "desk.example.org"), "who fetches all the time is no news"
        clock.move(minutes=1)
        assert state.usage.record_document("bot", "desk.example.org")
        state.address.set_public_url("https://other.example.org")
        assert state.usage.find_document("bot") is None


async def test_use_is_recorded_after_the_clock_is_set_back(opened, clock) -> None:
    async with opened() as state:
        bot = await make(state)
        await state.usage.record(bot, "localhost")
        assert state.usage.record_document("bot", "localhost")
        clock.move(hours=-1)
        await state.usage.record(bot, "localhost")
        assert await stored(state) == [("", clock.now().isoformat())]
        assert state.usage.record_document("bot", "localhost")
