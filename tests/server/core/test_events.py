import asyncio

from server.core.events import LARGEST_BACKLOG, Events


def test_every_subscriber_receives_the_event() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as first, events.subscribed() as other:
            events.publish("activity", {"id": 1})
            return [(await anext(first)).topic, (await anext(other)).topic]

    assert asyncio.run(main()) == ["activity", "activity"]


def test_slow_subscriber_is_notified_of_missed_events() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as news:
            for _ in range(LARGEST_BACKLOG + 1):
                events.publish("activity")
            events.close()
            return [event.topic async for event in news]

    assert asyncio.run(main()) == ["missed"]


def test_closing_ends_every_subscriber() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribed() as news:
            events.publish("last")
            events.close()
            return [event.topic async for event in news]

    assert asyncio.run(main()) == ["last"]
