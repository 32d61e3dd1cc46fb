import json

import pytest
from sqlalchemy import text

from server.core.errors import InvalidInput
from server.http.server import run
from server.outbound.webhooks.outbox import LARGEST_DATA, MOST_DEPTH, Outbox, current_depth
from tests.server.outbound.webhooks.desk import Desk, at_desk, open_desk

CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


def unsent(test, folder):
    """Run a test while nothing is delivered."""

    async def main() -> None:
        async with open_desk(folder) as desk:
            await test(desk)

    run(main)


def test_event_and_result_are_committed_together(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")

        def fail(connection) -> None:
            desk.webhooks.outbox.emit(connection, "note.written", {})
            connection.execute(text("INSERT INTO tunnel_month VALUES ('2026-01', 1)"))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await desk.database.write(fail)
        assert await desk.deliveries() == []

    unsent(test, tmp_path)


def test_only_receivers_that_want_its_type_get_an_event(tmp_path):
    async def test(desk: Desk) -> None:
        everything, _ = await desk.add("/all")
        notes, _ = await desk.add("/notes", "note.written", "note.removed")
        await desk.add("/mails", "mail.sent")
        off, _ = await desk.add("/off")
        await desk.webhooks.endpoints.disable(off)
        message_id = await desk.emit()
        deliveries = await desk.deliveries()
        assert {entry.endpoint.id for entry in deliveries} == {everything, notes}
        assert {entry.delivery.message_id for entry in deliveries} == {message_id}

    unsent(test, tmp_path)


def test_event_with_a_known_id_is_stored_once(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        outbox = desk.webhooks.outbox
        for _ in range(2):
            assert await desk.database.write(outbox.emit, "import.completed", {}, message_id="msg_import_1") == "msg_import_1"
            await desk.database.write(outbox.emit_to, "https://example.com/", b"{}", message_id="msg_import_1")
        assert len(await desk.deliveries()) == 2

    unsent(test, tmp_path)


def test_receiver_of_a_request_has_one_row(tmp_path):
    async def test(desk: Desk) -> None:
        for _ in range(2):
            await desk.database.write(desk.webhooks.outbox.emit_to, "https://example.com/", b"{}")
        first, second = await desk.deliveries()
        assert first.endpoint == second.endpoint and first.delivery.message_id != second.delivery.message_id

    unsent(test, tmp_path)


@pytest.mark.parametrize("value", ["x" * LARGEST_DATA, float("nan"), CIRCLE], ids=["large", "nan", "circle"])
def test_data_that_cannot_be_sent_is_left_out(tmp_path, value):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit(value=value)
        [entry] = await desk.deliveries()
        assert len(entry.delivery.body) < 1000 and json.loads(entry.delivery.body)["data"] is None

    unsent(test, tmp_path)


def test_odd_text_can_be_delivered(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        await desk.emit(text="\ud800 \x00 \U0001f600")
        await desk.until_ended()
        assert json.loads(desk.receiver.requests[0].body)["data"]["text"] == "? \x00 \U0001f600"

    at_desk(test, tmp_path)


def test_body_must_be_text(tmp_path):
    async def test(desk: Desk) -> None:
        with pytest.raises(UnicodeDecodeError):
            await desk.database.write(desk.webhooks.outbox.emit_to, "https://example.com/", b"\xff")

    unsent(test, tmp_path)


@pytest.mark.parametrize(("depth", "sent"), [(0, True), (MOST_DEPTH - 1, True), (MOST_DEPTH, False)])
def test_webhooks_in_a_circle_end(tmp_path, depth, sent):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        token = current_depth.set(depth)
        await desk.emit()
        current_depth.reset(token)
        [entry] = await desk.until_ended()
        assert (entry.delivery.state == "delivered") == sent
        if sent:
            assert desk.receiver.requests[0].headers["deskhand-webhook-depth"] == str(depth + 1)
        else:
            assert "circle" in entry.attempts[0].error and not desk.receiver.requests

    at_desk(test, tmp_path)


def test_address_of_a_request_is_checked_before_it_is_stored():
    with pytest.raises(InvalidInput):
        Outbox().check("http://127.0.0.1/")
    Outbox().check("https://example.com/")


def test_types_are_offered():
    outbox = Outbox()
    outbox.offer({"a.b": "It happened"})
    assert outbox.types == {"a.b": "It happened"}
