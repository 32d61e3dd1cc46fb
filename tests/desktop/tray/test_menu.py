from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from desktop.tray.icon import StatusLevel
from desktop.tray.menu import LONGEST, SEPARATOR, MenuAction, MenuItem, menu
from desktop.tray.status import Status

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SERVING = Status(level=StatusLevel.local, sentence="Running (local only)", serving=True)
REACHED = replace(SERVING, level=StatusLevel.online, address="https://abel.ngrok.app", tunnel="open", can_copy=True)


def actions(status: Status) -> dict[MenuAction, MenuItem]:
    lines = [inner for line in menu(status, NOW) for inner in (line, *line.below)]
    return {line.action: line for line in lines if line.action}


def texts(status: Status) -> list[str]:
    return [line.text for line in menu(status, NOW)]


def test_menu_offers_only_quit_while_starting():
    assert list(actions(Status())) == [MenuAction.quit]
    assert texts(Status())[0] == "Deskhand is starting."


def test_status_item_is_first_and_disabled():
    first = menu(REACHED, NOW)[0]
    assert first.text == "● Online · https://abel.ngrok.app"
    assert not first.enabled


def test_problem_follows_the_status_item():
    status = replace(SERVING, level=StatusLevel.attention, sentence="Gmail wants you to sign in again.")
    assert "Gmail wants you to sign in again." in texts(status)


@pytest.mark.parametrize("status", [SERVING, REACHED, replace(SERVING, paused_until=NOW + timedelta(hours=1))])
def test_open_is_the_default_item(status):
    assert [line.action for line in menu(status, NOW) if line.default] == [MenuAction.open]


def test_pending_approvals_are_first_and_the_default_item():
    waiting = replace(REACHED, level=StatusLevel.attention, sentence="2 requests need approval", waiting=2)
    first, second, *_ = menu(waiting, NOW)
    assert (first.text, first.action, first.default) == ("2 requests need approval…", MenuAction.show_approvals, True)
    assert second.text == "● Online · https://abel.ngrok.app"
    assert [line.action for line in menu(waiting, NOW) if line.default] == [MenuAction.show_approvals]
    assert MenuAction.open in actions(waiting)
    assert menu(replace(waiting, waiting=1), NOW)[0].text == "1 request needs approval…"


def test_work_of_integrations_is_shown_and_cannot_be_chosen():
    line = "Browser queue: 3 waiting, 1 running"
    [item] = [item for item in menu(replace(SERVING, lines=(line,)), NOW) if item.text == line]
    assert not item.enabled
    assert line not in texts(Status(lines=(line,)))


def test_problem_is_shown_beside_pending_approvals():
    sentence = "Gmail wants you to sign in again."
    status = replace(SERVING, level=StatusLevel.attention, sentence=sentence, problem=sentence, waiting=1)
    assert texts(status)[:3] == ["1 request needs approval…", "◌ Action needed", sentence]


def test_address_can_be_copied_if_there_is_a_clipboard():
    assert MenuAction.copy in actions(REACHED)
    assert MenuAction.copy not in actions(SERVING)
    assert MenuAction.copy not in actions(replace(REACHED, can_copy=False))


def test_new_address_is_marked_until_copied():
    changed = replace(REACHED, changed=True)
    assert actions(changed)[MenuAction.copy].text == "Copy new public address"
    assert actions(replace(changed, copied=changed.address))[MenuAction.copy].text == "Copy public address"


@pytest.mark.parametrize(
    ("state", "action", "checked"), [("off", MenuAction.open_tunnel, False), ("open", MenuAction.close_tunnel, True)]
)
def test_tunnel_is_a_switch(state, action, checked):
    assert actions(replace(SERVING, tunnel=state))[action].checked is checked


@pytest.mark.parametrize("state", [None, "fixed"])
def test_unavailable_tunnel_has_no_item(state):
    assert not {MenuAction.open_tunnel, MenuAction.close_tunnel} & set(actions(replace(SERVING, tunnel=state)))


def test_actions_are_paused_and_resumed():
    assert {MenuAction.pause_quarter, MenuAction.pause_hour, MenuAction.pause} <= set(actions(SERVING))
    paused = replace(SERVING, paused_until=NOW + timedelta(hours=1))
    assert MenuAction.resume in actions(paused)
    assert MenuAction.pause not in actions(paused)
    assert any(text.startswith("Paused until ") for text in texts(paused))


def test_indefinite_pause_is_described():
    assert "Paused until you resume" in texts(replace(SERVING, paused_until=NOW + timedelta(days=36_500)))


def test_recent_activity_fits_the_menu():
    status = replace(SERVING, recent=("my-gpt: " + "read " * 40, "script: started Notepad"))
    text = next(line for line in menu(status, NOW) if line.text == "Recent activity").below
    assert [line.text for line in text][1] == "script: started Notepad"
    assert all(len(line.text) <= LONGEST for line in text)
    assert "Recent activity" not in texts(SERVING)


def test_start_at_login_is_offered_if_supported():
    assert actions(replace(SERVING, starts_at_login=True))[MenuAction.no_start_at_login].checked is True
    assert actions(replace(SERVING, starts_at_login=False))[MenuAction.start_at_login].checked is False
    assert not {MenuAction.start_at_login, MenuAction.no_start_at_login} & set(actions(SERVING))


def test_update_and_demo_are_marked():
    assert "Update available: 2.0" in texts(replace(SERVING, update="2.0"))
    assert "Demo mode" in texts(replace(SERVING, demo=True))


def test_groups_have_one_separator():
    lines = menu(replace(REACHED, demo=True), NOW)
    assert lines[-1].action is MenuAction.quit
    assert not any(item is SEPARATOR and other is SEPARATOR for item, other in pairwise(lines))


def test_hidden_characters_of_the_activity_are_shown():
    status = replace(SERVING, recent=("b\u202eot: sent mail to ann\u200b\U000e0041\x1b",))
    (recent,) = [line for line in menu(status, NOW) if line.text == "Recent activity"]
    assert recent.below[0].text == "b\\u202eot: sent mail to ann\\u200b\\u{e0041}␛"
