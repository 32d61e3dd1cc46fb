from dataclasses import replace
from datetime import UTC, datetime

from server.integrations.queue.extension.requests import write_find, write_refusal
from server.integrations.queue.models import Chat, ClientRef, Prompt, ResponseType, ThinkingTime
from server.integrations.queue.states import State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHAT = Chat(1, "a", None, NOON, NOON)
PROMPT = Prompt("id", 1, ClientRef("c"), State.leased, "Hi", ResponseType.auto, ThinkingTime.standard, CHAT, NOON)


def test_refusal_names_its_message_only_if_it_is_about_a_prompt():
    assert write_refusal("invalid", "Wrong.", "progress") == {"type": "error", "name": "invalid", "detail": "Wrong."}
    assert write_refusal("stale", "Wrong.", "progress", "id") == {
        "type": "error",
        "name": "stale",
        "detail": "Wrong.",
        "of": "progress",
        "request_id": "id",
    }


def test_message_of_an_earlier_answer_is_not_looked_for():
    moments = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    prompt = replace(PROMPT, queued_at=moments[0], started_at=moments[1])
    assert write_find(prompt, 1)["since"] == moments[1].isoformat()
    assert write_find(replace(prompt, started_at=None), 1)["since"] == moments[0].isoformat()
