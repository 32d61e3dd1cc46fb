import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from server.core.errors import InvalidInput
from server.core.events import Events
from server.core.tasks import Tasks
from server.integrations.tools import questions as module
from server.integrations.tools.models import Question
from server.integrations.tools.questions import Questions, check_url
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.context import Context
from server.sdk.desktop import NoScreen
from tests.server.integrations.tools.gateway import wait_until


def list_questions(library):
    return [entry for entry in library.person("GET", "/api/approvals").json() if entry["kind"] == "question"]


@contextmanager
def calling(library, path, **arguments):
    """Call a tool that asks; yields the question, and what the call will answer."""
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(library.call, "POST", path, json=arguments, timeout=60)
        wait_until(lambda: list_questions(library))
        (question,) = list_questions(library)
        yield question, answer


@pytest.fixture
def questions():
    events, screen = Events(), NoScreen()
    nothing = dict.fromkeys(("folders", "settings", "secrets", "database", "fetch"))
    context = Context(events=events, screen=screen, approval_requests=ApprovalRequests(events, screen, Tasks()), **nothing)
    return Questions(context)


def respond(library, question, word="approve", **order):
    return library.person("POST", f"/api/approvals/{question['id']}/{word}", json=order)


def test_person_fills_in_the_form_of_a_server(library):
    with calling(library, "/tools/borrow") as (question, answer):
        assert (question["kind"], question["client"], question["sentence"]) == ("question", "library", "ask you something")
        assert question["fields"][0] == {"name": "Message", "value": "Who borrows it?"}
        assert [field["name"] for field in question["form"]] == ["name", "days", "branch"]
        assert [choice["value"] for choice in question["form"][2]["choices"]] == ["north", "south"]
        for values in ({}, {"name": "B"}, {"name": "Bo", "days": "99"}, {"name": "Bo", "colour": "red"}):
            assert respond(library, question, values=values).status_code == 422, values
        assert respond(library, question, values={"name": "Bo", "days": "3"}).status_code == 200
        content = {"action": "accept", "content": {"name": "Bo", "days": 3}}
        assert json.loads(answer.result().json()["result"]) == content
    assert respond(library, question).status_code == 404


def test_person_declines(library):
    with calling(library, "/tools/borrow") as (question, answer):
        assert respond(library, question, "deny").status_code == 200
        result = answer.result().json()["result"]
    assert '"decline"' in result
    assert "The person declined." in result


def test_page_is_shown_with_its_host_and_answered(library):
    with calling(library, "/tools/visit", url="https://library.example/fine?id=7") as (question, answer):
        fields = {field["name"]: field["value"] for field in question["fields"]}
        assert (fields["Host"], fields["Page"]) == ("library.example", "https://library.example/fine?id=7")
        message = respond(library, question).json()["message"]
        assert "https://library.example/fine?id=7" in message, "there is no screen here"
        assert '"accept"' in answer.result().json()["result"]


def test_page_that_is_not_safe_is_declined_at_once(library):
    answer = library.call("POST", "/tools/visit", json={"url": "javascript:alert(1)"})
    assert "does not open" in answer.json()["result"]


@pytest.mark.parametrize(
    "url",
    [
        "http://library.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:secret@library.example/",
        "https://library.example@evil.example/",
        "https:///x",
        "https://b\u00fccher.example/",
        "https://library.example/\u202ea",
        "https://library.example/ a",
        "https://library.example/" + "x" * 2_000,
    ],
)
def test_unsafe_page_is_refused(url):
    with pytest.raises(InvalidInput):
        check_url(url)


def test_page_on_this_computer_is_allowed_without_encryption():
    assert check_url("http://127.0.0.1:8080/a") == "127.0.0.1"
    assert check_url("http://localhost/a") == "localhost"


async def test_question_that_nobody_answers_is_cancelled_with_a_sentence(questions, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.05)
    answer = await questions.ask("crm", "CRM", Question(message="Hello?", form={}))
    assert (answer.action, answer.sentence) == ("cancel", module.LATE)
    assert await questions.list_requests() == []


async def test_server_that_asks_too_much_is_declined(questions):
    waiting = [asyncio.ensure_future(questions.ask("crm", "CRM", Question(message="?", form={}))) for _ in range(3)]
    await asyncio.sleep(0)
    assert (await questions.ask("crm", "CRM", Question(message="?", form={}))).sentence == module.MANY
    for request in await questions.list_requests():
        await questions.deny(request.id, "")
    assert {(await task).action for task in waiting} == {"decline"}
