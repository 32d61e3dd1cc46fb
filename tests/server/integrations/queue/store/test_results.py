import asyncio

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from server.core.errors import Conflict, NotFound
from server.integrations.queue.models import PromptResult
from server.integrations.queue.states import State
from tests.server.integrations.queue.queue_setup import URL, opened

pytestmark = pytest.mark.anyio


async def test_result_that_is_repeated_changes_nothing(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit(webhook_url=URL)
        lease = await room.begin()
        first, second = await asyncio.gather(room.finish_lease(lease, "First"), room.finish_lease(lease, "Second"))
        third = await room.finish_lease(lease, "Third")
        assert [prompt.response for prompt in (first, second, third)] == ["First"] * 3
        read = await room.queue.read(lease.prompt.id)
        assert (len(read.answers), len(await room.webhooks())) == (1, 1)


async def test_results_of_one_moment_are_each_their_own(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for _ in range(3):
            await room.submit()
        leases = [await room.begin() for _ in range(3)]
        outcomes = await asyncio.gather(
            room.finish_lease(leases[0], "0"),
            room.queue.complete(leases[1].prompt.id, leases[1].token - 1, PromptResult("Stale")),
            room.queue.complete("unknown", 1, PromptResult("Nobody's")),
            room.finish_lease(leases[2], "2"),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes[1:3]] == [Conflict, NotFound]
        states = [(await room.queue.read(lease.prompt.id)).state for lease in leases]
        assert states == [State.done, State.executing, State.done]


async def test_answer_keeps_what_the_extension_said_of_it(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        lease = await room.begin()
        room.clock.move(seconds=7)
        citations = ({"title": "A page", "url": "https://example.com/"},)
        await room.finish_lease(lease, "Text", model="gpt", notes=("The default was used.",), citations=citations)
        [answer] = (await room.queue.read(prompt.id)).answers
        assert (answer.text, answer.model, answer.notes, answer.citations, answer.seconds) == (
            "Text",
            "gpt",
            ("The default was used.",),
            citations,
            7,
        )


def rename_outbox(connection: Connection, before: str, after: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")


async def test_result_is_stored_with_its_webhook_or_not_at_all(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit(webhook_url=URL)
        lease = await room.begin()
        await room.context.database.write(rename_outbox, "webhook_delivery", "elsewhere")
        with pytest.raises(OperationalError):
            await room.finish_lease(lease)
        read = await room.queue.read(lease.prompt.id)
        assert (read.state, read.answers) == (State.executing, ())
        await room.context.database.write(rename_outbox, "elsewhere", "webhook_delivery")
        assert (await room.finish_lease(lease)).state == State.done
        assert len(await room.webhooks()) == 1


async def test_result_that_cannot_be_stored_fails_alone(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for _ in range(2):
            await room.submit()
        good, bad = await room.begin(), await room.begin()
        done, refused = await asyncio.gather(
            room.finish_lease(good), room.finish_lease(bad, "a lone surrogate \ud800"), return_exceptions=True
        )
        assert getattr(done, "state", None) == State.done
        assert isinstance(refused, UnicodeEncodeError)
