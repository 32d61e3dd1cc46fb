import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.integrations.queue.models import Answer, Chat, ClientRef, Lane, Prompt, ResponseType, ThinkingTime
from server.integrations.queue.rest.views import cut, view_page, view_prompt
from server.integrations.queue.states import State

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LIMIT = 90_000
PROMPT = Prompt(
    id="1",
    number=1,
    client=ClientRef("c", "bot"),
    state=State.done,
    message="Hello",
    response_type=ResponseType.auto,
    thinking_time=ThinkingTime.standard,
    chat=Chat(7, "chat-7", "Title", NOW, NOW),
    queued_at=NOW,
    response="Hi",
)


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize("letter", ["x", "\n", "é", "\x01"])
def test_long_answer_is_read_in_parts_that_fit(letter: str) -> None:
    response = letter * 200_000
    long = replace(PROMPT, message=letter * 100_000, response=response)
    offset, parts = 0, list[str]()
    while offset is not None:
        shown = view_prompt(long, text_offset=offset)
        assert size(shown.model_dump(mode="json")) < LIMIT
        parts.append(shown.response or "")
        offset = shown.next_text_offset
    assert "".join(parts) == response


def test_answer_that_fits_is_complete_with_its_message() -> None:
    shown = view_prompt(replace(PROMPT, message="m" * 30_000, response="r" * 40_000))
    assert (len(shown.message), len(shown.response or ""), shown.next_text_offset) == (30_000, 40_000, None)


@pytest.mark.parametrize(
    ("state", "status", "uncertain"),
    [(State.leased, "idle", False), (State.uncertain, "executing", True), (State.cancelled, "failed", False)],
)
def test_client_sees_one_of_four_statuses(state: State, status: str, uncertain: bool) -> None:
    shown = view_prompt(replace(PROMPT, state=state))
    assert (shown.status.value, shown.uncertain, shown.chat) == (status, uncertain, "chat-7")


def test_partial_answer_is_shown_until_there_is_an_answer() -> None:
    assert view_prompt(replace(PROMPT, state=State.executing, response=None, partial="So far")).partial_response == "So far"
    assert view_prompt(replace(PROMPT, partial="So far")).partial_response is None


def test_several_answers_are_shown_within_what_is_left() -> None:
    answers = tuple(Answer(number, Lane.browser, None, "a" * 60_000, (), (), NOW) for number in (1, 2, 3))
    shown = view_prompt(replace(PROMPT, response="a" * 60_000, answers=answers))
    assert len(shown.answers) == 3 and size(shown.model_dump(mode="json")) < LIMIT
    assert view_prompt(replace(PROMPT, answers=answers[:1])).answers == []
    waiting = replace(PROMPT, state=State.idle, response=None, answers=answers[:1])
    assert len(view_prompt(waiting).answers) == 1, "it is being sent once more"


def test_page_ends_where_an_answer_would_be_too_large() -> None:
    long = replace(PROMPT, response="r" * 30_000)
    page = view_page([long] * 9, {})
    assert 1 < len(page) < 4 and sum(size(item.model_dump(mode="json")) for item in page) < LIMIT
    assert len(view_page([replace(PROMPT, response="r" * 200_000)] * 2, {})) == 1
    assert len(view_page([PROMPT] * 40, {})) == 40
    assert view_page([], {}) == []
    failed = replace(PROMPT, state=State.failed, response=None, error_message="e" * 4_000, model="m" * 2_000)
    assert sum(size(item.model_dump(mode="json")) for item in view_page([failed] * 40, {})) < LIMIT


def test_text_is_cut_by_its_size_as_json() -> None:
    assert cut("abc", 1, 10) == ("bc", None)
    assert cut("abcdef", 0, 4) == ("abcd", 4)
    part, end = cut("\n" * 10, 0, 10)
    assert part is not None and len(part) * 2 <= 10 and end == len(part)
    assert cut(None, 0, 4) == (None, None)
