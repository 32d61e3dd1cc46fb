from typing import Any

import pytest

from server.core.errors import DeskhandError, NotFound
from server.integrations.tools.sign_in.commands import wait_signed_in

WAITING = {"needed": True, "signed_in": False, "url": "https://auth.example/", "error": ""}


def answer_with(*states: dict[str, Any] | None) -> Any:
    """Answer with these states, one after the other."""
    answers = iter(states)
    return lambda *_: {"servers": [{"id": "crm", "sign_in": None}, {"id": "notes", "sign_in": next(answers)}]}


def test_command_waits_for_the_person():
    done = {"needed": False, "signed_in": True, "url": "", "error": ""}
    wait_signed_in(answer_with(WAITING, done), "notes")


@pytest.mark.parametrize(("changes", "sentence"), [({"error": "Denied."}, "Denied."), ({"url": ""}, "was not finished")])
def test_command_says_why_a_sign_in_failed(changes, sentence):
    with pytest.raises(DeskhandError, match=sentence):
        wait_signed_in(answer_with({**WAITING, **changes}), "notes")


def test_command_says_that_the_server_is_gone():
    with pytest.raises(NotFound):
        wait_signed_in(answer_with(None), "notes")


def test_command_does_not_wait_for_ever():
    with pytest.raises(DeskhandError, match="was not finished"):
        wait_signed_in(answer_with(), "notes", seconds=0)
