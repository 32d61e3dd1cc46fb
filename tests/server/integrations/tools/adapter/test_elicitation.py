import json
from pathlib import Path

import mcp_types as types
import pytest

from server.core.errors import UpstreamFailed
from server.integrations.tools.adapter.elicitation import LONGEST_SOURCE, Elicitation, read_question
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Answer, Question
from tests.server.integrations.tools.forking import describe_forked
from tests.server.integrations.tools.upstreams import connect_command, ignore_change, open_hostile

LIBRARY = str(Path(__file__).parents[1] / "library_upstream.py")


def connect_library():
    described = describe_forked(LIBRARY)
    return connect_command([described["command"], *described["args"]])


async def test_question_of_a_server_reaches_the_person_in_every_revision():
    questions = []

    async def ask(question):
        questions.append(question)
        return Answer(action="accept", content={"name": "Bo"} if question.form else None)

    async with open_session(connect_library(), UpstreamLog(), ignore_change, ask=ask) as session:
        assert session.info.protocol == "2026-07-28"
        await session.list_all()
        answer = await session.call_tool("borrow", {})
        assert json.loads(answer.text) == {"action": "accept", "content": {"name": "Bo"}}
        answer = await session.call_tool("visit", {"url": "https://library.example/fine"})
        assert json.loads(answer.text) == {"action": "accept"}
        with pytest.raises(UpstreamFailed, match="Deskhand gives it neither"):
            await session.call_tool("sample", {})
    async with open_hostile("plain", ask=ask) as session:
        await session.list_all()
        assert json.loads((await session.call_tool("ask", {})).text)["result"]["action"] == "accept"
    assert [question.message for question in questions] == ["Who borrows it?", "Pay the fine.", "Your PIN?"]
    assert questions[1].url == "https://library.example/fine"


async def test_answer_says_why_a_question_was_not_answered():
    async def ask(_):
        return Answer(action="cancel", sentence="Nobody answered.")

    log = UpstreamLog()
    async with open_session(connect_library(), log, ignore_change, ask=ask) as session:
        await session.list_all()
        answer = await session.call_tool("borrow", {})
    assert json.loads(answer.blocks[0].text) == {"action": "cancel"}
    assert "Nobody answered." in answer.blocks[1].text
    assert log.lines() == ["It asked: Who borrows it? Nobody answered."]


async def test_page_that_a_call_needs_is_offered_to_the_person():
    questions = []

    async def ask(question):
        questions.append(question)
        return Answer(action="accept")

    async with open_hostile("plain", ask=ask) as session:
        await session.list_all()
        with pytest.raises(Exception, match="finish something in the browser"):
            await session.call_tool("pay", {})
    assert [question.url for question in questions] == ["https://library.example/pay"]


async def test_question_outside_of_a_call_is_declined_without_asking():
    async def ask(_):
        raise AssertionError

    elicitation = Elicitation(ask, UpstreamLog())
    assert (await elicitation.put(Question(message="Hello?"))).action == "decline"


def test_no_more_of_a_question_is_read_than_its_beginning() -> None:
    message = "\u200b" * LONGEST_SOURCE + "x"
    params = types.ElicitRequestFormParams(message=message, requested_schema={"type": "object", "properties": {}})
    assert read_question(params).message == ""
