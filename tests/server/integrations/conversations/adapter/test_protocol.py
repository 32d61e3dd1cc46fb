"""The contract of OpenAI's API."""

from server.integrations.conversations.adapter.client import OpenAIClient
from server.integrations.conversations.adapter.protocol import Answer, OpenAIApi


def test_client_has_all_of_the_contract():
    names = {name for name in vars(OpenAIApi) if not name.startswith("_")}
    assert names <= set(vars(OpenAIClient))


def test_answer_runs_until_it_has_an_end():
    states = ("queued", "in_progress", "completed", "incomplete", "failed", "cancelled")
    assert [Answer(id="x", text="", model="m", status=status).is_running for status in states] == [True, True, *[False] * 4]
