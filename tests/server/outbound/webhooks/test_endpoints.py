import asyncio

import pytest
from sqlalchemy import text

from server.core.errors import Conflict, InvalidInput, NotFound
from server.outbound.webhooks.endpoints import MOST_ENDPOINTS
from tests.server.outbound.webhooks.desk import Desk, at_desk
from tests.server.outbound.webhooks.receiver import Exchange, Receiver, status


def test_receiver_is_added_changed_and_removed(tmp_path):
    async def test(desk: Desk) -> None:
        endpoints = desk.webhooks.endpoints
        endpoint_id, secret = await desk.add("/hook", "a.b", "a.b")
        assert secret.startswith("whsec_") and await desk.secrets.get(f"webhooks/{endpoint_id}") == secret
        status = await endpoints.change(endpoint_id, name="n8n", url=desk.receiver.url("/other"), types=[])
        assert (status.endpoint.name, status.endpoint.types) == ("n8n", ())
        await desk.emit()
        await desk.until_ended()
        assert desk.receiver.requests[0].path == "/other"
        await endpoints.rotate(endpoint_id)
        await endpoints.remove(endpoint_id)
        assert await endpoints.list() == [] and await desk.deliveries() == []
        assert (
            await desk.secrets.get(f"webhooks/{endpoint_id}")
            is await desk.secrets.get(f"webhooks/{endpoint_id}/previous")
            is None
        )

    at_desk(test, tmp_path)


def test_receiver_may_be_removed_during_an_attempt(tmp_path):
    released = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await released.wait()
        await exchange.answer()

    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.emit()
        await desk.until_received("/hook")
        await desk.webhooks.endpoints.remove(endpoint_id)
        async with asyncio.timeout(60), desk.webhooks.changes.recorded:
            released.set()
            await desk.webhooks.changes.recorded.wait()
        orphans = text("SELECT count(*) FROM webhook_attempt WHERE delivery_id NOT IN (SELECT id FROM webhook_delivery)")
        assert await desk.database.read(lambda connection: connection.scalar(orphans)) == 0
        assert desk.tasks.problem is None

    at_desk(test, tmp_path, Receiver({"/hook": [wait]}))


@pytest.mark.parametrize("answer", ["410 Gone", "500 Oops"])
def test_failure_of_a_former_address_says_nothing_about_the_new_one(tmp_path, answer):
    released = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await released.wait()
        await exchange.answer(answer)

    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/former")
        await desk.emit()
        await desk.until_received("/former")
        await desk.webhooks.endpoints.change(endpoint_id, url=desk.receiver.url("/new"))
        released.set()
        [logged] = await desk.until_ended()
        assert (logged.delivery.state, logged.endpoint.state, logged.endpoint.failures) == ("delivered", "enabled", 0)
        assert desk.receiver.ids("/new") == desk.receiver.ids("/former")
        assert desk.notes == []

    at_desk(test, tmp_path, Receiver({"/former": [wait]}), delays=[3600])


def test_address_that_is_changed_is_tried_as_if_nothing_had_failed(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/former")
        await desk.emit()
        assert (await desk.until_attempts(1)).endpoint.failures == 1
        status = await desk.webhooks.endpoints.change(endpoint_id, url=desk.receiver.url("/new"))
        assert status.endpoint.failures == 0
        await desk.until_ended()

    at_desk(test, tmp_path, Receiver({"/former": [status("500 Oops")]}), delays=[3600, 3600])


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://localhost/", "nonsense"])
def test_bad_address_is_refused_when_it_is_saved(tmp_path, url):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        with pytest.raises(InvalidInput):
            await desk.webhooks.endpoints.add(url)
        with pytest.raises(InvalidInput):
            await desk.webhooks.endpoints.change(endpoint_id, url=url)

    at_desk(test, tmp_path)


def test_unlisted_local_receiver_gets_no_more_and_cannot_be_turned_on(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.webhooks.endpoints.set_local_receivers([])
        await desk.emit()
        logged = await desk.until_attempts(1)
        assert "Local receivers" in logged.attempts[0].error and not desk.receiver.requests
        with pytest.raises(InvalidInput):
            await desk.webhooks.endpoints.enable(endpoint_id)

    at_desk(test, tmp_path)


def test_receiver_that_is_off_keeps_what_waits_for_it(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, _ = await desk.add("/hook")
        await desk.webhooks.endpoints.set_local_receivers([])
        message_id = await desk.emit()
        await desk.until_attempts(1)
        status = await desk.webhooks.endpoints.disable(endpoint_id)
        assert (status.endpoint.state, status.waiting) == ("disabled", 1)
        await desk.webhooks.endpoints.set_local_receivers([desk.receiver.listed])
        await desk.webhooks.endpoints.enable(endpoint_id)
        await desk.until_ended()
        assert desk.receiver.ids("/hook") == [message_id]

    at_desk(test, tmp_path)


def test_receiver_of_a_forged_backup_cannot_name_the_secret_of_something_else(tmp_path):
    async def test(desk: Desk) -> None:
        endpoint_id, secret = await desk.add("/hook")
        await desk.secrets.set("oauth-key", "00")
        forge = text("UPDATE webhook_endpoint SET secret_name = 'oauth-key'")
        await desk.database.write(lambda connection: connection.execute(forge).rowcount)
        await desk.webhooks.endpoints.rotate(endpoint_id)
        assert await desk.secrets.get(f"webhooks/{endpoint_id}") not in {None, secret}
        await desk.webhooks.endpoints.remove(endpoint_id)
        assert await desk.secrets.get("oauth-key") == "00"

    at_desk(test, tmp_path)


def test_unknown_receiver_is_not_found(tmp_path):
    async def test(desk: Desk) -> None:
        endpoints = desk.webhooks.endpoints
        for verb in (
            endpoints.find,
            endpoints.enable,
            endpoints.disable,
            endpoints.remove,
            endpoints.rotate,
            endpoints.retry,
            endpoints.change,
        ):
            with pytest.raises(NotFound):
                await verb("whe_unknown")

    at_desk(test, tmp_path)


def test_number_of_receivers_is_limited(tmp_path):
    async def test(desk: Desk) -> None:
        for _ in range(MOST_ENDPOINTS):
            await desk.add("/hook")
        with pytest.raises(Conflict):
            await desk.add("/hook")

    at_desk(test, tmp_path)


def test_local_receivers_are_normalized_and_checked(tmp_path):
    async def test(desk: Desk) -> None:
        endpoints = desk.webhooks.endpoints
        assert await endpoints.set_local_receivers(["NAS.local:80", "nas.local:80"]) == ["nas.local:80"]
        with pytest.raises(InvalidInput):
            await endpoints.set_local_receivers(["8.8.8.8:80"])
        assert endpoints.list_local_receivers() == ["nas.local:80"]

    at_desk(test, tmp_path)
