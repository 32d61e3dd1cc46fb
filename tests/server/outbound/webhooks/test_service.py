import sqlite3
from contextlib import closing

from server.http.server import run
from server.storage.revocation import revoke_access
from tests.server.outbound.webhooks.desk import Desk, at_desk, open_desk
from tests.server.outbound.webhooks.receiver import Receiver
from tests.server.storage.conftest import NOON


def test_stored_event_is_delivered_after_a_restart(tmp_path):
    receiver, ids = Receiver(), []

    async def emit() -> None:
        async with open_desk(tmp_path) as desk:
            ids.extend([(await desk.add("/hook"))[0], await desk.emit(), await desk.emit()])
            receiver.port = desk.receiver.port

    run(emit)

    async def test(desk: Desk) -> None:
        await desk.until_ended(2)
        assert desk.receiver.ids("/hook") == ids[1:]

    at_desk(test, tmp_path, receiver)


def test_restored_backup_sends_nothing_before_the_person_confirms_it(tmp_path):
    receiver, ids = Receiver(), []

    async def emit() -> None:
        async with open_desk(tmp_path) as desk:
            receiver.port = desk.receiver.port
            ids.append((await desk.add("/hook"))[0])
            await desk.emit()
            await desk.database.write(desk.webhooks.outbox.emit_to, desk.receiver.url("/once"), b"{}")

    run(emit)
    revoke_access(tmp_path / "deskhand.db", NOON, with_access=True)
    with closing(sqlite3.connect(tmp_path / "deskhand.db")) as connection:
        assert connection.execute("SELECT DISTINCT state FROM webhook_delivery").fetchall() == [("dead",)]

    async def test(desk: Desk) -> None:
        await desk.emit()
        [status] = await desk.webhooks.endpoints.list()
        assert (status.endpoint.state, status.waiting, status.dead) == ("unconfirmed", 0, 1)
        await desk.webhooks.log.replay_dead()

        async def said() -> bool:
            return "restored backup" in (desk.webhooks.changes.problem or "")

        await desk.until(said)
        assert not desk.receiver.requests
        await desk.webhooks.endpoints.enable(ids[0])
        await desk.emit()
        once, hook = (entry.delivery.id for entry in (await desk.deliveries("dead")))
        await desk.webhooks.log.replay(once)
        await desk.webhooks.log.replay(hook)
        await desk.until_ended(3)
        assert {received.path for received in desk.receiver.requests} == {"/hook", "/once"}

    at_desk(test, tmp_path, receiver)
