import asyncio
from datetime import datetime

import pytest
from standardwebhooks import Webhook

from server.outbound.webhooks import delivery, sender
from tests.server.outbound.webhooks.desk import Desk, at_desk
from tests.server.outbound.webhooks.receiver import Receiver, honest, slow, status


def test_event_is_delivered_signed(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, secret = await desk.add("/hook")
        message_id = await desk.emit(text="Grüße")
        await desk.until_ended()
        [received] = desk.receiver.requests
        assert received.id == message_id
        payload = Webhook(secret).verify(received.body, received.headers)
        assert (payload["type"], payload["data"]) == ("note.written", {"text": "Grüße"})
        assert datetime.fromisoformat(payload["timestamp"]).tzinfo
        [logged] = await desk.deliveries("delivered")
        assert (logged.endpoint.id, logged.attempts[0].status, logged.attempts[0].answer) == (endpoint_id, 200, "thanks")

    at_desk(test, tmp_path)


def test_further_attempts_have_the_same_id_and_a_new_signature(tmp_path):
    failing = Receiver({"/hook": [status("500 Oops"), status("500 Oops"), status("500 Oops"), honest]})

    async def test(desk: Desk) -> None:
        _, secret = await desk.add("/hook")
        await desk.emit()
        [logged] = await desk.until_ended()
        assert [attempt.status for attempt in logged.attempts] == [200, 500, 500, 500] and logged.delivery.attempts == 4
        assert len({received.id for received in desk.receiver.requests}) == 1
        for received in desk.receiver.requests:
            Webhook(secret).verify(received.body, received.headers)
        assert (await desk.webhooks.endpoints.list())[0].endpoint.failures == 0

    at_desk(test, tmp_path, failing, delays=[1.1, *[0.01] * 8])
    assert len({received.headers["webhook-timestamp"] for received in failing.requests}) > 1
    assert len({received.headers["webhook-signature"] for received in failing.requests}) > 1


def test_order_is_kept_with_one_attempt_at_a_time(tmp_path):
    unsteady = Receiver({"/hook": [*[slow(0.01), status("500 Oops")] * 10, honest]})

    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        ids = [await desk.emit(number=number) for number in range(30)]
        await desk.until_ended(30)
        assert desk.receiver.ids("/hook") == ids
        assert desk.receiver.most_at_once["/hook"] == 1

    at_desk(test, tmp_path, unsteady, delays=[0.001] * 50)


def test_receivers_do_not_wait_for_each_other(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/slow")
        await desk.add("/fast")
        for number in range(3):
            await desk.emit(number=number)

        async def fast() -> bool:
            return len(desk.receiver.ids("/fast")) == 3

        await desk.until(fast)
        assert len(desk.receiver.ids("/slow")) == 1

    at_desk(test, tmp_path, Receiver({"/slow": [slow(2)]}))


def test_body_for_the_receiver_of_a_request_is_sent_byte_for_byte(tmp_path):
    body = b'{"request_id": "1",  "response": "\xc3\xbc"}'

    async def test(desk: Desk) -> None:
        url = desk.receiver.url("/mine")
        await desk.secrets.set("queue/1", "whsec_c2VjcmV0IG9mIGEgY2xpZW50")
        first = await desk.database.write(desk.webhooks.outbox.emit_to, url, body, secret_name="queue/1")
        second = await desk.database.write(desk.webhooks.outbox.emit_to, url, body)
        await desk.until_ended(2)
        requests = {received.id: received for received in desk.receiver.requests}
        assert {received.body for received in requests.values()} == {body}
        Webhook("whsec_c2VjcmV0IG9mIGEgY2xpZW50").verify(requests[first].body, requests[first].headers)
        assert "webhook-signature" not in requests[second].headers
        assert await desk.webhooks.endpoints.list() == []

    at_desk(test, tmp_path)


def test_replaced_secret_signs_too_until_its_time_is_over(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, old = await desk.add("/hook")
        new = await desk.webhooks.endpoints.rotate(endpoint_id)
        await desk.emit()
        await desk.until_ended()
        [received] = desk.receiver.requests
        for secret in (old, new):
            Webhook(secret).verify(received.body, received.headers)

    at_desk(test, tmp_path)


def test_replaced_secret_signs_no_more_after_its_time(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.webhooks.endpoints.rotate(endpoint_id)
        await desk.emit()
        await desk.until_ended()
        assert len(desk.receiver.requests[0].headers["webhook-signature"].split()) == 1

    at_desk(test, tmp_path, rotation_hours=0)


def test_secret_that_is_replaced_while_a_slow_keyring_reads_it_signs_no_more_after_its_time(tmp_path, monkeypatch):
    async def test(desk: Desk) -> None:
        endpoint_id, old = await desk.add("/hook")
        read, is_read, released = desk.secrets.get, asyncio.Event(), asyncio.Event()

        async def read_slowly(name: str) -> str | None:
            secret = await read(name)
            is_read.set()
            await released.wait()
            return secret

        monkeypatch.setattr(desk.secrets, "get", read_slowly)
        await desk.emit()
        await is_read.wait()
        monkeypatch.undo()
        new = await desk.webhooks.endpoints.rotate(endpoint_id)
        released.set()
        await desk.until_ended(1)
        await desk.emit()
        await desk.until_ended(2)
        first, second = desk.receiver.requests
        Webhook(old).verify(first.body, first.headers)
        Webhook(new).verify(second.body, second.headers)

    at_desk(test, tmp_path, rotation_hours=0)


def test_event_without_its_secret_waits_unsent(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.secrets.delete(f"webhooks/{endpoint_id}")
        await desk.emit()
        logged = await desk.until_attempts(3)
        assert "Rotate" in logged.attempts[0].error and not desk.receiver.requests
        assert (logged.delivery.state, logged.delivery.attempts) == ("waiting", 0)
        secret = await desk.webhooks.endpoints.rotate(endpoint_id)
        await desk.until_ended()
        Webhook(secret).verify(desk.receiver.requests[0].body, desk.receiver.requests[0].headers)

    at_desk(test, tmp_path)


def test_gone_receiver_is_turned_off_and_the_person_notified(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.emit()

        async def off() -> bool:
            return (await desk.webhooks.endpoints.find(endpoint_id)).endpoint.state == "disabled"

        await desk.until(off)
        await desk.emit()
        status = await desk.webhooks.endpoints.find(endpoint_id)
        assert "410" in status.endpoint.reason and status.waiting == 1

        async def notified() -> bool:
            return bool(desk.notes) and "410" in (desk.webhooks.changes.problem or "")

        await desk.until(notified)
        await desk.webhooks.endpoints.enable(endpoint_id)
        await desk.until_ended()
        assert desk.webhooks.changes.problem is None

    at_desk(test, tmp_path, Receiver({"/hook": [status("410 Gone"), honest]}))


@pytest.mark.parametrize("wait", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_receiver_may_put_off_the_next_attempt(tmp_path, wait):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit()
        logged = await desk.until_attempts(1)
        following = datetime.fromisoformat(logged.endpoint.next_attempt_at) - datetime.fromisoformat(logged.attempts[0].at)
        assert following.total_seconds() == 3600
        assert len(desk.receiver.requests) == 1

    at_desk(test, tmp_path, Receiver({"/hook": [status("429 Slow Down", f"Retry-After: {wait}")]}), longest_retry_after_hours=1)


def test_event_becomes_a_dead_letter_and_the_next_one_is_delivered(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        first = await desk.emit()
        second = await desk.emit()
        newest, oldest = await desk.until_ended(2)
        assert (oldest.delivery.message_id, oldest.delivery.state, oldest.delivery.attempts) == (first, "dead", 3)
        assert (newest.delivery.message_id, newest.delivery.state) == (second, "delivered")
        assert [text for _, text in desk.notes if "/hook" in text]
        assert await desk.webhooks.log.replay_dead() == 1
        await desk.until_ended(2)
        assert desk.receiver.requests[-1].id == first

    at_desk(test, tmp_path, Receiver({"/hook": [*[status("400 Bad")] * 3, honest]}), delays=[0.01, 0.01])


@pytest.mark.parametrize("wait", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 +9999999999999"])
def test_unreadable_retry_after_counts_as_none(tmp_path, wait):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit()
        [logged] = await desk.until_ended()
        assert [attempt.error for attempt in logged.attempts] == ["", "The receiver answered 503."]

    at_desk(test, tmp_path, Receiver({"/hook": [status("503 Busy", f"Retry-After: {wait}"), honest]}))


def test_unforeseen_failure_of_one_receiver_is_a_failed_attempt_and_ends_no_other(tmp_path, monkeypatch, caplog):
    def fail(*_: object) -> float:
        raise OverflowError("unforeseen")

    monkeypatch.setattr(sender, "read_retry_after", fail)

    async def test(desk: Desk) -> None:
        await desk.add("/bad")
        await desk.add("/good")
        await desk.emit()
        bad, good = sorted(await desk.until_ended(2), key=lambda logged: logged.endpoint.name)
        assert (bad.delivery.state, bad.delivery.attempts) == ("dead", 3)
        assert {attempt.error for attempt in bad.attempts} == {delivery.UNFORESEEN}
        assert (good.delivery.state, len(good.attempts)) == ("delivered", 1)

    at_desk(test, tmp_path, Receiver({"/bad": [status("500 Oops")]}), delays=[0.01, 0.01])
    assert "OverflowError: unforeseen" in caplog.text


def test_receiver_whose_attempt_cannot_be_recorded_ends_no_other(tmp_path, monkeypatch, caplog):
    decide = delivery.decide

    def fail_for_one(attempt, made, endpoint, settings):
        if endpoint.name == "/bad":
            raise OverflowError("unforeseen")
        return decide(attempt, made, endpoint, settings)

    monkeypatch.setattr(delivery, "decide", fail_for_one)

    async def test(desk: Desk) -> None:
        await desk.add("/bad")

        async def failed() -> bool:
            return "OverflowError: unforeseen" in caplog.text

        await desk.emit()
        await desk.until(failed)
        await desk.add("/good")
        await desk.emit()

        async def delivered() -> bool:
            return len(desk.receiver.ids("/good")) == 1

        await desk.until(delivered)
        assert len(desk.receiver.requests) == 2, "the receiver was tried again at once"

    at_desk(test, tmp_path)
