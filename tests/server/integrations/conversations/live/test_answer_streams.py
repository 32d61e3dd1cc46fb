import asyncio

import pytest

from server.integrations.conversations.live.answer_streams import AnswerEnd, AnswerStreams
from server.integrations.conversations.live.models import AnswerState

pytestmark = pytest.mark.anyio
END = AnswerEnd(id="a", state=AnswerState.done, text="Hello")


async def collect(streams: AnswerStreams) -> list[str | AnswerEnd]:
    return [item async for item in streams.follow(streams.open("a"))]


async def test_everybody_gets_the_whole_text_whenever_they_begin() -> None:
    streams = AnswerStreams()
    early = asyncio.create_task(collect(streams))
    await asyncio.sleep(0)
    streams.write("a", "Hel")
    late = asyncio.create_task(collect(streams))
    await asyncio.sleep(0)
    streams.write("a", "lo")
    streams.close(END)
    for items in await asyncio.gather(early, late):
        assert ("".join(item for item in items if isinstance(item, str)), items[-1]) == ("Hello", END)


async def test_repeated_attempt_begins_with_an_empty_text() -> None:
    streams = AnswerStreams()
    streams.write("a", "first attempt")
    streams.restart("a")
    assert streams.open("a").text == ""


async def test_wait_ends_with_the_answer_or_with_the_time() -> None:
    streams = AnswerStreams()
    stream = streams.open("a")
    assert await streams.wait(stream, 0.01) is None
    streams.close(END)
    assert await streams.wait(stream, 0.01) == END
    assert streams.open("a") is not stream
