from typing import Any

import pytest

from server.core.errors import Conflict, NotFound
from server.integrations.queue.extension.history import HistoryImports
from server.integrations.queue.extension.messages import History
from server.sdk.history_import import HistoryImport
from tests.server.integrations.queue.extension.bridge import ORIGIN

ACK = {"type": "ack", "of": "history", "request_id": "history"}


class Archive:
    """An archive of another integration."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[dict[str, Any]], bool]] = []

    async def take(self, conversations: list[dict[str, Any]], *, last: bool) -> None:
        self.taken.append((conversations, last))


@pytest.fixture
def archive(bridge):
    archive = Archive()
    with bridge.state.context.offers.offer(HistoryImport, archive):
        yield archive


async def tell(peer, number, *, done=False):
    """Send a conversation; return the answer, or the name of the error."""
    await peer.send(type="history", request_id="history", conversations=[{"id": str(number)}], done=done)
    answer = await peer.receive()
    assert (answer["of"], answer["request_id"]) == ("history", "history")
    return answer if answer["type"] == "ack" else answer["name"]


async def begin(bridge, peer, extension_id):
    await bridge.extensions.start_import(extension_id, None, None)
    assert (await peer.receive())["type"] == "import_history"


async def test_history_is_acknowledged_once_the_archive_has_it(bridge):
    async with bridge.paired() as (peer, extension_id):
        await begin(bridge, peer, extension_id)
        assert await tell(peer, 1, done=True) == "busy"
        archive = Archive()
        with bridge.state.context.offers.offer(HistoryImport, archive):
            assert await tell(peer, 1, done=True) == ACK
        assert archive.taken == [([{"id": "1"}], True)]


async def test_history_is_only_taken_while_its_import_is_ordered(bridge, archive):
    async with bridge.paired() as (peer, extension_id):
        assert await tell(peer, 1) == "forbidden"
        await begin(bridge, peer, extension_id)
        assert await tell(peer, 2) == ACK
        assert await tell(peer, 3, done=True) == ACK
        assert await tell(peer, 4) == "forbidden"
        await begin(bridge, peer, extension_id)
        assert await tell(peer, 5) == ACK
        await bridge.extensions.control_import(extension_id, "stop")
        assert (await peer.receive())["type"] == "stop_import"
        assert await tell(peer, 6) == "forbidden"
        await begin(bridge, peer, extension_id)
        await peer.send(type="import_progress", stopped=True)  # the person has stopped it in the browser
        assert await tell(peer, 7) == "forbidden"
    assert [conversation["id"] for conversations, _ in archive.taken for conversation in conversations] == ["2", "3", "5"]


async def test_order_is_of_one_extension_and_outlasts_its_connection(bridge, archive):
    async with bridge.paired() as (peer, extension_id):
        await begin(bridge, peer, extension_id)
        async with bridge.paired() as (other, _), bridge.extension() as program, bridge.seed() as old:
            assert [await tell(other, 1), await tell(program, 2)] == ["forbidden"] * 2
            await old.send(type="history", conversations=[{"id": "3"}])
            await old.send(type="ping")  # is not answered either, but comes after it
        assert archive.taken == []
        peer.drop()
        async with bridge.extension(peer.key, ORIGIN, instance="2") as instance, bridge.extension(peer.key, ORIGIN) as again:
            assert await tell(instance, 4) == "forbidden"
            assert await tell(again, 5) == ACK
        await HistoryImports(bridge.state.context).take(extension_id, History(type="history"))  # as after a restart


async def test_import_is_ordered_of_a_paired_extension_that_is_connected(bridge, archive):
    async with bridge.extension() as program:
        (session,) = bridge.extensions.hub
        with pytest.raises(NotFound, match="program"):
            await bridge.extensions.start_import(session.worker.id, None, None)
        assert await tell(program, 1) == "forbidden"
    async with bridge.paired() as (peer, extension_id):
        peer.drop()
        await bridge.until_alone()
        with pytest.raises(Conflict):
            await bridge.extensions.start_import(extension_id, None, None)
        async with bridge.extension(peer.key, ORIGIN) as again:
            assert await tell(again, 2) == "forbidden"
