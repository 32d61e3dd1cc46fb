from dataclasses import replace

import pytest

from server.access.activity.entry import Entry, Outcome
from server.access.activity.log import IdempotencyRecord, Retention
from server.core.errors import NotFound

ENTRY = Entry(
    at="",
    client_id="c",
    client_name="bot",
    operation="send_letter",
    sentence="send a letter",
    changes=True,
    decision="allowed",
    reason="",
    outcome=Outcome.running,
    arguments="{}",
    effect="{}",
)


async def test_unfinished_call_is_uncertain_after_restart(opened, clock) -> None:
    entry = replace(ENTRY, at=clock.now().isoformat())
    async with opened() as state:
        ended = await state.activity.begin(entry, None, "h")
        await state.activity.end(replace(entry, id=ended, outcome=Outcome.done, status=200), None, (200, "{}"))
        await state.activity.begin(entry, "key", "h")
    async with opened() as state:
        assert [entry.outcome for entry in await state.activity.list()] == [Outcome.uncertain, Outcome.done]
        record = await state.activity.find_idempotency_record("c", "key")
        assert record is not None
        assert (record.outcome, record.status) == (Outcome.uncertain, None)


async def test_repeated_idempotency_key_gets_the_first_record(opened, clock) -> None:
    entry = replace(ENTRY, at=clock.now().isoformat())
    async with opened() as state:
        first = await state.activity.begin(entry, "key", "h")
        assert isinstance(first, int)
        again = await state.activity.begin(entry, "key", "other")
        assert again == IdempotencyRecord("h", first, None, None, Outcome.running)
        assert len(await state.activity.list()) == 1


async def test_payloads_are_pruned_first_then_rows_and_keys_after_a_day(opened, clock) -> None:
    async with opened() as state:
        await state.activity.begin(replace(ENTRY, at=clock.now().isoformat()), "key", "h")
        clock.move(hours=23)
        await state.activity.prune(Retention())
        assert await state.activity.find_idempotency_record("c", "key")
        clock.move(hours=2)
        await state.activity.prune(Retention())
        assert await state.activity.find_idempotency_record("c", "key") is None
        assert (await state.activity.list())[0].arguments == "{}"
        clock.move(days=7)
        await state.activity.prune(Retention())
        entry = (await state.activity.list())[0]
        assert (entry.arguments, entry.effect, entry.sentence) == (None, None, "send a letter")
        clock.move(days=83)
        await state.activity.prune(Retention())
        assert await state.activity.list() == []


async def test_list_continues_at_its_cursor(opened, clock) -> None:
    async with opened() as state:
        for _ in range(5):
            await state.activity.add(replace(ENTRY, at=clock.now().isoformat(), outcome=Outcome.done))
        first = await state.activity.list(3)
        rest = await state.activity.list(3, before=first[-1].id)
        assert [entry.id for entry in (*first, *rest)] == [5, 4, 3, 2, 1]


async def test_listener_is_notified_of_each_call(opened, clock) -> None:
    async with opened() as state:
        with state.context.events.subscribed() as news:
            await state.activity.add(replace(ENTRY, at=clock.now().isoformat(), outcome=Outcome.done))
            event = await anext(news)
            assert (event.topic, event.data["operation"]) == ("activity", "send_letter")


async def test_running_call_is_listed(opened, clock) -> None:
    async with opened() as state:
        activity, entry = state.activity, replace(ENTRY, at=clock.now().isoformat())
        begun = await activity.begin(entry, None, "h")
        assert isinstance(begun, int)
        clock.move(seconds=1)
        with activity.watching(entry.operation, lambda: replace(entry, changes=False)):
            clock.move(seconds=1)
            reading, changing = activity.running()
            assert (reading.id < 0, changing.id) == (True, begun)
            assert (await activity.read(reading.id)).arguments == "{}"
            assert reading.at > changing.at
        await activity.end(replace(entry, id=begun, outcome=Outcome.done, status=200), None, (200, "{}"))
        assert activity.running() == []
        assert (await activity.read(begun)).outcome is Outcome.done
        with pytest.raises(NotFound):
            await activity.read(reading.id)
