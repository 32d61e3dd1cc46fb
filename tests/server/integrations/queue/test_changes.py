import asyncio

import pytest

from server.core.events import Events
from server.integrations.queue.changes import PARTIAL, TOPIC, Change, Changes

pytestmark = pytest.mark.anyio


async def test_caller_waits_for_its_prompt_or_for_the_queue() -> None:
    changes = Changes(Events())
    waiting = asyncio.create_task(changes.wait("mine", 20))
    other = asyncio.create_task(changes.wait(seconds=20))
    await asyncio.sleep(0)
    changes.publish(Change("other"))
    await other
    assert not waiting.done()
    changes.publish()
    assert await waiting


async def test_wait_has_an_end() -> None:
    assert not await Changes(Events()).wait("mine", 0.001)


async def test_listener_gets_changes_inside_the_block_only() -> None:
    changes, heard = Changes(Events()), []
    with changes.listening(heard.append):
        changes.publish(Change("a"), Change("b"))
    changes.publish(Change("c"))
    assert [change.prompt_id for change in heard] == ["a", "b"]
    assert changes.revision == 2


async def test_window_gets_one_event_for_many_changes() -> None:
    events = Events()
    changes = Changes(events)
    with events.subscribed() as stream:
        for number in range(50):
            changes.publish(Change(str(number)))
        assert (await anext(stream)).topic == TOPIC
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await anext(stream)


async def test_growing_texts_have_a_topic_of_their_own_unless_something_else_changed() -> None:
    events = Events()
    changes = Changes(events)
    with events.subscribed() as stream:
        changes.publish(Change("a", partial=True))
        assert (await anext(stream)).topic == PARTIAL
        changes.publish(Change("a", partial=True))
        changes.publish(Change("b"))
        changes.publish(Change("a", partial=True))
        assert (await anext(stream)).topic == TOPIC
