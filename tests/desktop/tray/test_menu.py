from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from desktop.tray.icon import Look
from desktop.tray.menu import LONGEST, PARTING, Line, Wish, menu
from desktop.tray.status import Status

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SERVING = Status(look=Look.local, sentence="On, for this computer only", serving=True)
REACHED = replace(SERVING, look=Look.online, address="https://abel.ngrok.app", tunnel="open", can_copy=True)


def wishes(status: Status) -> dict[Wish, Line]:
    lines = [inner for line in menu(status, NOW) for inner in (line, *line.below)]
    return {line.wish: line for line in lines if line.wish}


def texts(status: Status) -> list[str]:
    return [line.text for line in menu(status, NOW)]


def test_while_it_starts_it_can_only_be_ended():
    assert list(wishes(Status())) == [Wish.quit]
    assert texts(Status())[0] == "Deskhand is starting."


def test_how_it_is_stands_first_and_cannot_be_chosen():
    first = menu(REACHED, NOW)[0]
    assert first.text == "● Online · https://abel.ngrok.app"
    assert not first.enabled


def test_what_it_needs_stands_below():
    status = replace(SERVING, look=Look.attention, sentence="Gmail wants you to sign in again.")
    assert "Gmail wants you to sign in again." in texts(status)


@pytest.mark.parametrize("status", [SERVING, REACHED, replace(SERVING, paused_until=NOW + timedelta(hours=1))])
def test_opening_is_what_a_click_does(status):
    assert [line.wish for line in menu(status, NOW) if line.default] == [Wish.open]


def test_what_waits_stands_on_top_and_is_what_a_click_leads_to():
    waiting = replace(REACHED, look=Look.attention, sentence="2 calls wait for you", waiting=2)
    first, second, *_ = menu(waiting, NOW)
    assert (first.text, first.wish, first.default) == ("2 wait for you…", Wish.show_approvals, True)
    assert second.text == "● Online · https://abel.ngrok.app"
    assert [line.wish for line in menu(waiting, NOW) if line.default] == [Wish.show_approvals]
    assert Wish.open in wishes(waiting)
    assert menu(replace(waiting, waiting=1), NOW)[0].text == "1 waits for you…"


def test_a_problem_is_told_beside_what_waits():
    sentence = "Gmail wants you to sign in again."
    status = replace(SERVING, look=Look.attention, sentence=sentence, problem=sentence, waiting=1)
    assert texts(status)[:3] == ["1 waits for you…", "◌ Needs you", sentence]


def test_an_address_can_be_copied_where_there_is_one_and_a_clipboard():
    assert Wish.copy in wishes(REACHED)
    assert Wish.copy not in wishes(SERVING)
    assert Wish.copy not in wishes(replace(REACHED, can_copy=False))


def test_a_new_address_is_told_until_it_was_copied():
    changed = replace(REACHED, changed=True)
    assert wishes(changed)[Wish.copy].text == "The address is new: copy it"
    assert wishes(replace(changed, copied=changed.address))[Wish.copy].text == "Copy public address"


@pytest.mark.parametrize(("state", "wish", "checked"), [("off", Wish.open_tunnel, False), ("open", Wish.close_tunnel, True)])
def test_the_tunnel_is_a_switch(state, wish, checked):
    assert wishes(replace(SERVING, tunnel=state))[wish].checked is checked


@pytest.mark.parametrize("state", [None, "fixed"])
def test_there_is_no_switch_for_what_cannot_be_switched(state):
    assert not {Wish.open_tunnel, Wish.close_tunnel} & set(wishes(replace(SERVING, tunnel=state)))


def test_actions_are_paused_and_resumed():
    assert {Wish.pause_quarter, Wish.pause_hour, Wish.pause} <= set(wishes(SERVING))
    paused = replace(SERVING, paused_until=NOW + timedelta(hours=1))
    assert Wish.resume in wishes(paused)
    assert Wish.pause not in wishes(paused)
    assert any(text.startswith("Paused until ") for text in texts(paused))


def test_a_pause_without_an_end_says_so():
    assert "Paused until you resume" in texts(replace(SERVING, paused_until=NOW + timedelta(days=36_500)))


def test_what_happened_is_told_in_lines_that_fit():
    status = replace(SERVING, recent=("my-gpt: " + "read " * 40, "script: started Notepad"))
    told = next(line for line in menu(status, NOW) if line.text == "Recent activity").below
    assert [line.text for line in told][1] == "script: started Notepad"
    assert all(len(line.text) <= LONGEST for line in told)
    assert "Recent activity" not in texts(SERVING)


def test_starting_at_login_is_offered_where_the_system_can():
    assert wishes(replace(SERVING, starts_at_login=True))[Wish.no_start_at_login].checked is True
    assert wishes(replace(SERVING, starts_at_login=False))[Wish.start_at_login].checked is False
    assert not {Wish.start_at_login, Wish.no_start_at_login} & set(wishes(SERVING))


def test_a_newer_version_and_the_demo_are_marked():
    assert "Deskhand 2.0 is there" in texts(replace(SERVING, update="2.0"))
    assert "Demo: made-up accounts" in texts(replace(SERVING, demo=True))


def test_groups_are_parted_once():
    lines = menu(replace(REACHED, demo=True), NOW)
    assert lines[-1].wish is Wish.quit
    assert not any(one is PARTING and other is PARTING for one, other in pairwise(lines))
