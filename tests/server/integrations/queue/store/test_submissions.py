import asyncio
import uuid

import pytest

from server.core.errors import InvalidInput
from server.integrations.queue.models import PromptFile, ResponseType, ThinkingTime
from server.integrations.queue.store.submissions import make_id
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, opened

pytestmark = pytest.mark.anyio


async def test_prompts_of_one_moment_are_in_the_order_of_their_calls(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = await asyncio.gather(*(room.submit(str(number), chat_id="a") for number in range(20)))
        assert [prompt.number for prompt in prompts] == list(range(1, 21))
        assert len({prompt.chat.id for prompt in prompts}) == 1
        for number in range(20):
            assert (await room.claim()).prompt.message == str(number)
            await room.queue.cancel(prompts[number].id)


async def test_submitted_order_is_stored_as_it_is(tmp_path) -> None:
    async with opened(tmp_path) as room:
        order = {
            "response_type": "instant",
            "thinking_time": "extended",
            "priority": 3,
            "not_before": room.clock.now(),
            "project": "Work",
            "model": "gpt",
            "temporary": True,
        }
        files = (PromptFile("a.txt", "text/plain", b"abc"), PromptFile("b.bin", "application/zip", b""))
        submitted = await room.submit("Grüße 🙂\n", "abc", **order, attachments=files)
        read = await room.queue.read(submitted.id)
        assert (read.message, read.chat.chat_id, read.client) == ("Grüße 🙂\n", "abc", CLIENT)
        assert {name: getattr(read, name) for name in order} == order
        assert read.attachments == submitted.attachments == tuple(file.describe() for file in files)
        assert (read.response_type, read.thinking_time) == (ResponseType.instant, ThinkingTime.extended)
        assert (read.number, read.chat, read.queued_at, read.state) == (
            submitted.number,
            submitted.chat,
            submitted.queued_at,
            submitted.state,
        )


def test_ids_are_uuids_in_the_order_of_their_times() -> None:
    ids = [make_id(1_795_000_000.0 + number) for number in range(20)]
    assert ids == sorted(ids)
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in ids} == {(7, uuid.RFC_4122)}
    assert len({make_id(1_795_000_000.0) for _ in range(1_000)}) == 1_000


async def test_clients_of_one_moment_have_their_own_chats(tmp_path) -> None:
    async with opened(tmp_path) as room:
        mine, others = await asyncio.gather(room.submit(chat_id="a"), room.submit(chat_id="a", client=OTHER))
        assert mine.chat.id != others.chat.id


async def test_webhook_to_a_private_address_is_refused_before_anything_is_stored(tmp_path) -> None:
    async with opened(tmp_path) as room:
        with pytest.raises(InvalidInput):
            await room.submit(webhook_url="https://127.0.0.1/")
        assert await room.queue.claim("browser") is None
