import asyncio

from server.core.events import LARGEST_BACKLOG, Events


def test_everybody_who_listens_hears_it() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as first, events.subscribed() as other:
            events.publish("activity", {"id": 1})
            return [(await anext(first)).topic, (await anext(other)).topic]

    assert asyncio.run(main()) == ["activity", "activity"]


def test_who_is_too_far_behind_is_told_to_look_again() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as news:
            for _ in range(LARGEST_BACKLOG + 1):
                events.publish("activity")
            events.close()
            return [event.topic async for event in news]

    assert asyncio.run(main()) == ["missed"]


def test_closing_ends_every_listener() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as news:
            events.publish("last")
            events.close()
            return [event.topic async for event in news]

    assert asyncio.run(main()) == ["last"]
