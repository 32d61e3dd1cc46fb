import pytest

from server.demo.chatgpt import Answer
from server.demo.scenarios import HEATING, OPENING, USUAL, Task, list_mails

FOUND = Answer(200, {"messages": [{"id": "m1", "thread_id": "t1"}]})


def carry_out(scenario, *answers):
    steps = [next(scenario)]
    try:
        for answer in answers:
            steps.append(scenario.send(answer))
    except StopIteration:
        pass
    return [step.operation for step in steps]


def test_mail_is_read_answered_and_marked():
    well = Answer(200, {})
    assert carry_out(HEATING(), FOUND, well, well, well) == ["search_mail", "read_thread", "reply_to_mail", "mark_mail"]


def test_answered_mail_is_not_answered_again():
    assert carry_out(HEATING(), Answer(200, {"messages": []})) == ["search_mail"]


@pytest.mark.parametrize("answer", [Answer(401, {"detail": "no"}), Answer(502, {}), Answer(200, []), Answer(200, "text")])
@pytest.mark.parametrize("task", [*OPENING, *USUAL])
def test_scenario_ends_after_any_answer(task: Task, answer):
    assert carry_out(task.begin(), *[answer] * 5)


def test_invalid_answer_has_no_mails():
    assert list_mails(Answer(200, {"messages": ["odd"]})) == []
