import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from server.access.activity.deliveries import DeliveryLog, format_size
from server.access.activity.entry import Outcome
from server.core.errors import DeskhandError, Forbidden, InvalidInput, Unavailable
from server.sdk.webhook import DeliveryRecord, Stream, WebhookKind

ORDER = WebhookKind("Shop", "shop_order", "an order", 100)
RECORD = DeliveryRecord(ORDER, 2_100, "It came to your secret address.")
NAMED, UNNAMED = Stream("s1"), Stream("s1", timedelta(minutes=10))


@dataclass(frozen=True)
class Result:
    error: DeskhandError | None = None
    is_duplicate: bool = False
    note: str = ""


def open_log(state) -> DeliveryLog:
    return DeliveryLog(state.context.database, state.context.events, state.context.clock)


async def store(state, result: Result = Result(), record: DeliveryRecord = RECORD) -> None:
    assert await open_log(state).store(record, lambda _: result) is result


async def list_lines(state) -> list[tuple[str, Outcome, int | None]]:
    return [(entry.sentence, entry.outcome, entry.status) for entry in await state.activity.list()]


async def test_delivery_is_recorded_with_kind_size_and_outcome(opened) -> None:
    async with opened() as state:
        await store(state)
        (entry,) = await state.activity.list()
        assert (entry.client_name, entry.operation, entry.sentence) == ("Shop", "shop_order", "deliver an order (2.1 kB)")
        assert (entry.outcome, entry.status, entry.decision, entry.reason) == (Outcome.done, 200, "allowed", RECORD.reason)
        assert json.loads(entry.arguments or "") == {"bytes": 2_100}
        assert (entry.effect, entry.result, entry.changes) == (None, None, False)


async def test_each_delivery_is_a_record_of_its_own(opened) -> None:
    async with opened() as state:
        await store(state)
        await store(state)
        assert len(await state.activity.list()) == 2


async def test_note_of_the_result_is_the_reason(opened) -> None:
    async with opened() as state:
        await store(state, Result(note="It waits."))
        assert [entry.reason for entry in await state.activity.list()] == ["It waits."]


async def test_record_and_content_are_one_transaction(opened) -> None:
    def write(connection) -> Result:
        connection.execute(text("CREATE TABLE shop_row (id INTEGER)"))
        return Result()

    async with opened() as state:
        log = open_log(state)
        with pytest.raises(AttributeError):
            await log.store(None, write)  # type: ignore[arg-type]  # so that recording fails
        await log.store(RECORD, write)  # the table is not there yet
        with pytest.raises(OperationalError):
            await log.store(RECORD, write)  # now it is
        assert len(await state.activity.list()) == 1


@pytest.mark.parametrize(
    ("error", "outcome", "decision", "status"),
    [
        (InvalidInput("No."), Outcome.refused, "refused", 422),
        (Forbidden("No."), Outcome.refused, "denied", 403),
        (Unavailable("No."), Outcome.failed, "allowed", 503),
        (HTTPException(418, "No."), Outcome.refused, "refused", 418),
    ],
)
async def test_refusal_is_recorded_with_its_reason(opened, error, outcome, decision, status) -> None:
    async with opened() as state:
        await open_log(state).refuse(RECORD, error)
        (entry,) = await state.activity.list()
        assert (entry.outcome, entry.decision, entry.status, entry.reason) == (outcome, decision, status, "No.")


async def test_unexpected_error_is_not_described(opened) -> None:
    async with opened() as state:
        await open_log(state).refuse(RECORD, ValueError("secret"))
        (entry,) = await state.activity.list()
        assert (entry.outcome, entry.status) == (Outcome.failed, 500)
        assert "secret" not in str(entry)


async def test_stream_is_one_record_across_a_restart(opened, clock) -> None:
    record = DeliveryRecord(ORDER, 700, "", NAMED)
    async with opened() as state:
        await store(state, record=record)
        clock.move(hours=3)
        await store(state, Result(is_duplicate=True), record)
    async with opened() as state:
        await store(state, record=record)
        await store(state, record=DeliveryRecord(ORDER, 1, "", Stream("s2")))
        assert await list_lines(state) == [
            ("deliver an order (1 byte)", Outcome.done, 200),
            ("deliver an order (3 parts, 2.1 kB)", Outcome.done, 200),
        ]
        entry = (await state.activity.list())[1]
        assert entry.duration_ms == 3 * 3_600_000
        assert "s1" not in (entry.arguments or "")


async def test_pause_ends_an_unnamed_stream(opened, clock) -> None:
    record = DeliveryRecord(ORDER, 1, "", UNNAMED)
    async with opened() as state:
        for minutes in (0, 10, 10, 11):
            clock.move(minutes=minutes)
            await store(state, record=record)
        assert [sentence for sentence, *_ in await list_lines(state)] == [
            "deliver an order (1 byte)",
            "deliver an order (3 parts, 3 bytes)",
        ]


async def test_stream_lasts_a_day_at_most(opened, clock) -> None:
    async with opened() as state:
        for hours in (0, 23, 2):
            clock.move(hours=hours)
            await store(state, record=DeliveryRecord(ORDER, 1, "", NAMED))
        assert len(await state.activity.list()) == 2


async def test_streams_of_two_kinds_or_senders_are_separate(opened) -> None:
    async with opened() as state:
        for sender, operation in (("Shop", "shop_order"), ("Shop", "shop_other"), ("Bank", "shop_order")):
            await store(state, record=DeliveryRecord(WebhookKind(sender, operation, "it", 1), 1, "", NAMED))
        assert len(await state.activity.list()) == 3


async def test_equal_refusals_and_duplicates_are_counted_in_one_record(opened, clock) -> None:
    async with opened() as state:
        for result in (Result(Forbidden("No.")), Result(is_duplicate=True), Result(Forbidden("Never."))):
            for _ in range(2):
                await store(state, result)
        assert await list_lines(state) == [
            ("deliver an order (2 times, 4.2 kB)", Outcome.refused, 403),
            ("deliver an order (2 times, 4.2 kB)", Outcome.repeated, 200),
            ("deliver an order (2 times, 4.2 kB)", Outcome.refused, 403),
        ]
        clock.move(minutes=11)
        await store(state, Result(is_duplicate=True))
        assert len(await state.activity.list()) == 4


async def test_counted_record_whose_contents_were_removed_is_followed_by_another(opened) -> None:
    async with opened() as state:
        await store(state, record=DeliveryRecord(ORDER, 1, "", NAMED))
        await state.context.database.write(lambda connection: connection.execute(text("UPDATE activity SET arguments = NULL")))
        await store(state, record=DeliveryRecord(ORDER, 1, "", NAMED))
        assert len(await state.activity.list()) == 2


async def test_listeners_are_notified_of_each_delivery(opened) -> None:
    async with opened() as state:
        with state.context.events.subscribed() as news:
            for _ in range(2):
                await store(state, record=DeliveryRecord(ORDER, 1, "", NAMED))
            events = [await anext(news) for _ in range(2)]
    assert [event.topic for event in events] == ["activity", "activity"]
    assert [event.data for event in events] == [{"id": 1, "operation": "shop_order", "outcome": Outcome.done}] * 2


@pytest.mark.parametrize(
    ("size", "formatted"), [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (1_250_000, "1.2 MB")]
)
def test_size_is_formatted(size, formatted) -> None:
    assert format_size(size) == formatted
