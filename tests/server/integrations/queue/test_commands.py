"""`deskhand queue`, against a server."""

import json

import pytest
from click.testing import CliRunner

from server.commandline.client import connect
from server.core.errors import DeskhandError
from server.integrations.queue.commands import queue
from tests.window.queueing import queueing


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with queueing(tmp_path_factory.mktemp("queue") / "data") as server:
        yield server


@pytest.fixture
def run(server):
    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(queue, [*arguments, "--data-dir", str(server.data)], obj=connect)
        assert result.exit_code == code, result.output or result.exception
        return result.output

    return run


def find_number(server, prompt_id):
    return str(server.person("GET", f"/api/queue/prompts/{prompt_id}").json()["number"])


def test_prompt_is_listed_shown_changed_and_cancelled_by_its_number(server, run) -> None:
    number = find_number(server, server.submit("What is a proof?"))
    last = find_number(server, server.submit("And a theorem?"))
    assert run("edit", number, "What is a good proof?") == "Prompt changed.\n"
    run("move", number, "last")
    listed = json.loads(run("list", "--group", "waiting", "--json"))
    assert [str(prompt["number"]) for prompt in listed["prompts"]] == [last, number]
    assert "What is a good proof?" in run("show", number)
    assert "waiting" in run("list", "--query", "good")
    for which in (number, last):
        assert run("cancel", which) == "Prompt cancelled.\n"
    assert run("retry", number) == "Prompt is back in the queue.\n"
    run("cancel", number)
    assert "There are no such prompts." in run("list", "--group", "running")
    assert "There is no prompt 999." in str(
        CliRunner().invoke(queue, ["show", "999", "--data-dir", str(server.data)], obj=connect).exception
    )


def test_uncertain_prompt_is_resolved_with_exactly_one_decision(server, run) -> None:
    number = find_number(server, server.lose("Lost"))
    run("resolve", number, code=2)
    run("resolve", number, "--resend", "--answer", "It was.", code=2)
    assert run("resolve", number, "--answer", "It was.") == "Prompt settled.\n"
    assert "It was." in run("show", number)
    assert run("replay", number, "--model", "GPT-6") == "Prompt is back in the queue.\n"
    run("cancel", number)


def test_rules_are_set_one_by_one(run) -> None:
    assert "Prompts a day: no limit" in run("set", "--pause", "0", "--daily-cap", "none")
    rules = json.loads(run("set", "--daily-cap", "50", "--api-fallback", "on", "--unavailable", "fail", "--json"))
    assert rules == {"pause_seconds": 0, "daily_cap": 50, "on_unavailable_mode": "fail", "api_fallback": True}
    run("set", "--daily-cap", "many", code=2)
    run("set", "--daily-cap", "0", code=2)
    run("set", "--daily-cap", "none", "--api-fallback", "off")


def test_queue_is_turned_and_its_state_shown(run) -> None:
    run("pause")
    assert "The queue is paused." in run("status")
    run("drain")
    assert "New prompts are refused." in run("status")
    run("resume")
    assert not json.loads(run("status", "--json"))["paused"]


def test_dead_letters_are_listed_retried_and_discarded(server, run) -> None:
    number = find_number(server, server.fail("Unlucky"))
    assert "Unlucky" in run("dead", "list")
    assert run("dead", "retry") == "1 put back into the queue.\n"
    run("cancel", number)
    server.fail("Unlucky again")
    assert run("dead", "discard", "--yes") == "1 discarded.\n"


@pytest.mark.parametrize("which", ["", "..", "../summary", "a b?c", "9" * 30, "²"])
def test_name_that_no_prompt_has_is_refused_in_a_sentence(server, which) -> None:
    for words in (["show"], ["cancel"]):
        result = CliRunner().invoke(queue, [*words, which, "--data-dir", str(server.data)], obj=connect)
        assert isinstance(result.exception, DeskhandError | SystemExit), result.exception
        assert result.exit_code in {1, 2}
