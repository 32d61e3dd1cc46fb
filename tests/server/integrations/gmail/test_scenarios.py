import pytest

from server.demo.chatgpt import Answer
from server.integrations.gmail.scenarios import HEATING, SCRIPT, list_mails
from server.sdk.demo import Task

RESULTS = Answer(200, {"messages": [{"id": "m1", "thread_id": "t1"}]})


def run(scenario, *answers):
    steps = [next(scenario)]
    try:
        for answer in answers:
            steps.append(scenario.send(answer))
    except StopIteration:
        pass
    return [step.operation for step in steps]


def test_mail_is_read_answered_and_marked():
    well = Answer(200, {})
    assert run(HEATING(), RESULTS, well, well, well) == ["search_mail", "read_thread", "reply_to_mail", "mark_mail"]


def test_answered_mail_is_not_answered_again():
    assert run(HEATING(), Answer(200, {"messages": []})) == ["search_mail"]


@pytest.mark.parametrize("answer", [Answer(401, {"detail": "no"}), Answer(502, {}), Answer(200, []), Answer(200, "text")])
@pytest.mark.parametrize("task", [*SCRIPT.opening, *SCRIPT.usual])
def test_scenario_ends_whatever_the_responses_are(task: Task, answer):
    assert run(task.begin(), *[answer] * 5)


def test_malformed_search_results_have_no_mails():
    assert list_mails(Answer(200, {"messages": ["odd"]})) == []
