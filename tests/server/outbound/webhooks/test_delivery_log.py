from datetime import timedelta

import pytest
from sqlalchemy import text

from server.core.clock import Clock
from server.core.errors import Conflict, NotFound
from server.outbound.webhooks.models import DeliveryFilter
from tests.server.outbound.webhooks.desk import Desk, at_desk
from tests.server.outbound.webhooks.receiver import Receiver, hang, honest, status


class Calendar(Clock):
    """A clock that is set forward by days."""

    days = 0

    def now(self):
        return super().now() + timedelta(self.days)


def test_log_is_read_in_pages_newest_first(tmp_path):
    async def test(desk: Desk) -> None:
        first, _ = await desk.add("/a")
        await desk.add("/b")
        for number in range(5):
            await desk.emit(number=number)
        await desk.until_ended(10)
        log = desk.webhooks.log
        everything = await log.list(DeliveryFilter(limit=100))
        ids = [entry.delivery.id for entry in everything]
        assert ids == sorted(ids, reverse=True) and len(ids) == 10
        assert [entry.delivery.id for entry in await log.list(DeliveryFilter(before=ids[3], limit=3))] == ids[4:7]
        assert {entry.endpoint.id for entry in await log.list(DeliveryFilter(endpoint_id=first))} == {first}
        assert await log.list(DeliveryFilter("dead")) == []

    at_desk(test, tmp_path)


def test_test_of_a_receiver_answers_its_first_attempt(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook", "mail.sent")
        logged = await desk.webhooks.log.test(endpoint_id)
        assert (logged.delivery.type, logged.attempts[0].status) == ("webhook.test", 418)
        await desk.webhooks.endpoints.disable(endpoint_id)
        with pytest.raises(Conflict):
            await desk.webhooks.log.test(endpoint_id)

    at_desk(test, tmp_path, Receiver({"/hook": [status("418 Teapot"), honest]}))


def test_test_of_a_receiver_is_awaited_for_a_while_only(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        assert (await desk.webhooks.log.test(endpoint_id)).attempts == []

    at_desk(test, tmp_path, Receiver({"/hook": [hang]}), test_seconds=0.1)


def test_delivery_is_replayed_under_its_id(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        message_id = await desk.emit()
        [entry] = await desk.until_ended()
        await desk.webhooks.log.replay(entry.delivery.id)

        async def twice() -> bool:
            return [received.id for received in desk.receiver.requests] == [message_id] * 2

        await desk.until(twice)
        await desk.until_ended()

    at_desk(test, tmp_path)


def test_delivery_that_waits_can_be_given_up(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit()
        first = await desk.until_attempts(1)
        second = await desk.emit()
        await desk.webhooks.log.give_up(first.delivery.id)
        await desk.until_ended(2)
        assert [(entry.delivery.message_id == second, entry.delivery.state) for entry in await desk.deliveries()] == [
            (True, "delivered"),
            (False, "dead"),
        ]

    at_desk(test, tmp_path, Receiver({"/hook": [status("500 Oops"), honest]}), delays=[3600])


def test_dead_letters_are_discarded(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/bad")
        await desk.emit()
        await desk.until_ended()
        good, _ = await desk.add("/good")
        delivered = await desk.emit()
        await desk.until_ended(3)
        assert await desk.webhooks.log.discard_dead(good) == 0
        assert desk.webhooks.changes.problem
        assert await desk.webhooks.log.discard_dead(endpoint_id) == 2
        assert [entry.delivery.message_id for entry in await desk.deliveries()] == [delivered]
        assert desk.webhooks.changes.problem is None

    at_desk(test, tmp_path, Receiver({"/bad": [status("400 Bad")]}), delays=[0.01])


def test_unknown_delivery_is_not_found(tmp_path):
    async def test(desk: Desk) -> None:
        log = desk.webhooks.log
        for verb in (log.find, log.replay, log.give_up):
            with pytest.raises(NotFound):
                await verb(99)

    at_desk(test, tmp_path)


def test_old_deliveries_are_removed(tmp_path):
    clock = Calendar()

    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit()
        await desk.database.write(desk.webhooks.outbox.emit_to, desk.receiver.url("/once"), b"{}")
        await desk.until_ended(2)
        await desk.webhooks.log.prune()
        assert len(await desk.deliveries()) == 2
        clock.days = 15
        recent = await desk.emit()
        await desk.until_ended(3)
        await desk.webhooks.log.prune()
        assert [entry.delivery.message_id for entry in await desk.deliveries()] == [recent]
        endpoints = await desk.database.read(lambda connection: connection.scalar(text("SELECT count(*) FROM webhook_endpoint")))
        assert endpoints == 1, "that of the request is not used any more"

    at_desk(test, tmp_path, clock=clock)
