"""Answers that are being written."""

import asyncio

from server.integrations.queue.fake.account import Chat, Message
from server.integrations.queue.fake.answers import Answer, Answers, Event
from server.integrations.queue.fake.behaviour import Behaviour


async def collect(answer: Answer) -> list[Event]:
    return [event async for event in answer.follow()]


async def test_every_follower_reads_all_events():
    chat = Chat("chat-1", messages=[Message("user", "Hello")])
    answers = Answers()
    answer = answers.start(chat, Message("assistant", "A text of some length."), Behaviour(lag_ms=0), None)
    first, second = await asyncio.gather(*(collect(answer) for _ in range(2)))
    assert first == second
    assert first[-1] == {"type": "title", "title": "Hello"}
    assert answers.read("chat-1") is None


async def test_closing_ends_an_answer_and_its_followers():
    chat = Chat("chat-1", messages=[Message("user", "Hello")])
    answers = Answers()
    answer = answers.start(chat, Message("assistant", "A text."), Behaviour(lag_ms=60_000), None)
    events = []
    async for event in answer.follow():
        events.append(event["type"])
        if event["type"] == "complete":
            await answers.close()
    assert events[-1] == "complete"
