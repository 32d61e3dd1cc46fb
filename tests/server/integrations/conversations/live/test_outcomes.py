import pytest

from server.integrations.conversations.adapter.protocol import Answer
from server.integrations.conversations.live.models import AnswerState
from tests.server.integrations.conversations.live_setup import opened

pytestmark = pytest.mark.anyio


async def wait_without_key(live):
    chat, posted = await live.ask("Hello")
    await live.tried(posted)
    return chat, posted, await live.answer(posted)


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        ("completed", AnswerState.done, ""),
        ("incomplete", AnswerState.done, ""),
        ("failed", AnswerState.failed, "The model could not answer this message."),
        ("cancelled", AnswerState.failed, "The answer was ended before it was complete."),
    ],
)
async def test_status_of_a_response_decides(tmp_path, fake_openai, status, state, error) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        _, posted, row = await wait_without_key(live)
        await live.chats.outcomes.finish(row, Answer(id="resp_1", text="As far as it came", model="m", status=status))
        latest = await live.answer(posted)
        assert (latest.state, latest.error) == (state, error)


async def test_answer_that_has_ended_is_not_stored_once_more(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, _, row = await wait_without_key(live)
        for text in ("First", "Second"):
            await live.chats.outcomes.finish(row, Answer(id="resp_1", text=text, model="m"))
        assert await live.texts(chat) == ["Hello", "First"]


async def test_answer_of_a_deleted_conversation_goes_nowhere(tmp_path, fake_openai) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        chat, _, row = await wait_without_key(live)
        await live.chats.stop(chat.id)
        await live.service.deletion.delete(chat.id)
        await live.chats.outcomes.finish(row, Answer(id="resp_1", text="Too late", model="m"))
        await live.chats.outcomes.fail(row, AnswerState.failed, "Too late", "")


async def test_failure_of_an_answer_that_has_ended_is_not_emitted(tmp_path, fake_openai, monkeypatch) -> None:
    async with opened(tmp_path, fake_openai, key="") as live:
        emitted: list[str] = []
        monkeypatch.setattr(live.chats.events, "emit_failed", lambda *_: emitted.append("failed"))
        chat, _, row = await wait_without_key(live)
        for status in ("completed", "failed"):
            await live.chats.outcomes.finish(row, Answer(id="resp_1", text="Hi", model="m", status=status))
        assert (emitted, await live.texts(chat)) == ([], ["Hello", "Hi"])
