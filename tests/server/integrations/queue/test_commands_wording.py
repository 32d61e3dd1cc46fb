from server.integrations.queue.commands_wording import STATES, describe_details, describe_overview, describe_prompt
from server.integrations.queue.states import State

AT = "2026-03-01T12:00:00+00:00"
PROMPT = {
    "id": "p",
    "number": 7,
    "state": "done",
    "dead": False,
    "client": "script",
    "message": "What\u202e is " + "x" * 100,
    "queued_at": AT,
    "chat": 3,
    "chat_title": None,
    "chat_url": "https://chatgpt.com/c/abc",
    "position": None,
    "attachments": ["a.txt", "b\u202e.txt"],
    "error": None,
    "text": "What?",
    "partial": "",
    "answers": [{"lane": "api", "model": "gpt-6", "text": "That.", "notes": ["By the API."], "created_at": AT}],
    "history": [{"at": AT, "state": "idle", "reason": ""}, {"at": AT, "state": "done", "reason": "answered"}],
}
OVERVIEW = {
    "waiting": 1,
    "running": 0,
    "uncertain": 0,
    "done_today": 2,
    "failed_today": 0,
    "dead": 0,
    "cap": {"used": 3, "most": None},
    "browsers": 1,
    "paired": 2,
    "paused": False,
    "draining": False,
    "limit_until": None,
    "approval_needed": [{"id": "c", "name": "script"}],
    "problem": "Home is signed out.",
}


def test_every_state_has_a_word() -> None:
    assert set(STATES) == set(State)


def test_prompt_is_one_line_without_hidden_characters() -> None:
    line = describe_prompt(PROMPT)
    assert "\u202e" not in line
    assert line.startswith("     7  done")
    assert line.endswith("…")
    assert " dead " in describe_prompt(PROMPT | {"dead": True, "state": "failed"})


def test_uncertain_prompt_is_called_as_its_group() -> None:
    assert " uncertain " in describe_prompt(PROMPT | {"state": "uncertain"})


def test_history_tells_waiting_from_being_given_to_a_browser() -> None:
    history = [{"at": AT, "state": state, "reason": ""} for state in ("idle", "leased")]
    assert [line.split("  ")[1] for line in list(describe_details(PROMPT | {"history": history}))[-2:]] == [
        "waiting",
        "given to the browser",
    ]


def test_details_have_answers_with_their_way_and_the_history() -> None:
    lines = list(describe_details(PROMPT))
    assert "Note: By the API." in lines
    assert [line for line in lines if line.startswith("File: ")] == ["File: a.txt", "File: b\\u202e.txt"]
    assert any(line.startswith("Answer of OpenAI API gpt-6") for line in lines)
    assert lines[-1].endswith("done: answered")
    assert "Answer so far:" in list(describe_details(PROMPT | {"answers": [], "partial": "So"}))


def test_overview_names_what_holds_the_queue_up() -> None:
    lines = list(describe_overview(OVERVIEW))
    assert lines[0] == "1 waiting, 0 running, 0 uncertain, 2 done today, 0 failed today, 0 dead"
    assert lines[1:3] == ["Sent today: 3", "Browsers: 1 of 2 connected"]
    assert lines[-2:] == ["Waiting for your approval: script", "Home is signed out."]
    held = list(
        describe_overview(OVERVIEW | {"paused": True, "draining": True, "limit_until": AT, "cap": {"used": 3, "most": 9}})
    )
    assert "Sent today: 3 of 9" in held
    assert any("limit is reached" in line for line in held)
