"""The values that the queue writes itself pass the checks of a backup; test_restored.py has those that do not."""

import pytest

from server.integrations.queue import stored_values
from server.integrations.queue.models import Lane, PromptFile, ResponseType, ThinkingTime
from server.integrations.queue.states import State
from server.integrations.queue.store.rows import write_entry, write_list

FILE = PromptFile("a.txt", "text/plain", b"a").describe()
VALUES = [
    *(("state", state.value) for state in State),
    *(("lane", lane.value) for lane in Lane),
    *(("response_type", kind.value) for kind in ResponseType),
    *(("thinking_time", time.value) for time in ThinkingTime),
    ("attachments", "[]"),
    ("attachments", write_list([FILE, FILE])),
    ("notes", write_list(["A note."])),
    ("history", write_entry(1.5, State.idle) + write_entry(2, State.failed, "A\u2028reason")),
    ("token", 0),
]


@pytest.mark.parametrize(("column", "value"), VALUES)
def test_own_values_of_a_prompt_fit(column: str, value: str | int) -> None:
    assert stored_values.OF_PROMPT[column](value)


def test_own_values_of_an_answer_fit() -> None:
    assert stored_values.OF_ANSWER["citations"](write_list([{"url": "https://example.com"}]))
    assert stored_values.OF_ANSWER["seconds"](-3600.0), "the clock was set back"
