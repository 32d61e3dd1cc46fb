import pytest

from server.integrations.conversations.live.models import AnswerState
from server.integrations.conversations.store import answers
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio


async def test_answer_that_ended_does_not_begin_or_end_once_more(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        _, posted = await live.ask("Hello")
        await live.tried(posted)
        row, write = await live.answer(posted), live.context.database.write
        assert await write(answers.end, row, AnswerState.failed, "No.")
        assert not await write(answers.end, row, AnswerState.done)
        assert not await write(answers.begin, row.id)
        assert not await write(answers.cancel, row, "Stopped.")
        await write(answers.postpone, row.id, "later", 0)
        assert (await live.answer(posted)).state is AnswerState.failed
        assert await live.context.database.read(answers.list_due) == {}


async def test_next_message_follows_the_answer_to_come(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, posted = await live.ask("Hello")
        second = await live.chats.send(chat.id, "And")
        assert second.parent == posted.answer_id
        pending = await live.context.database.read(answers.list_pending, chat.key)
        assert [row.id for row in pending] == [posted.answer_id, second.answer_id]
