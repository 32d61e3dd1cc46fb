from itertools import pairwise

import pytest

from server.integrations.queue.states import ENDED, HELD, OPEN, STATUSES, TRANSITIONS, State, Status, list_sources, write_table
from tests.conftest import ROOT


def test_every_state_has_a_status():
    assert set(STATUSES) == set(State) == {*OPEN, *ENDED}
    assert set(STATUSES.values()) == set(Status)
    assert set(HELD) < set(OPEN)


def test_transitions_are_written_down_once():
    keys = [(each.before, each.action, each.after) for each in TRANSITIONS]
    assert len(keys) == len(set(keys))


def test_nothing_that_may_have_been_sent_is_idle_again_by_itself():
    back = {each.action for each in TRANSITIONS if each.before in {State.executing, State.uncertain} and each.after == State.idle}
    assert back == {"release", "fail", "resolve"}, "each is said by the extension or the person"
    lost = {each.after for each in TRANSITIONS if each.before == State.executing and each.action in {"lose", "expire_leases"}}
    assert lost == {State.uncertain}


def test_sources_of_an_action_are_those_of_the_table():
    assert list_sources("cancel") == OPEN
    assert list_sources("resolve") == (State.uncertain,)
    assert list_sources("fail", State.idle) == HELD
    assert list_sources("dance") == ()


@pytest.mark.parametrize("action", sorted({each.action for each in TRANSITIONS}))
def test_actions_are_methods_of_the_queue(action):
    from server.integrations.queue.queue import Queue

    assert callable(getattr(Queue, action))


def test_documentation_has_the_table():
    assert write_table() in (ROOT / "docs" / "integrations" / "queue.md").read_text(encoding="utf-8")


def test_every_state_is_reached_and_left():
    reached = {State.idle}
    for _ in pairwise(State):
        reached |= {each.after for each in TRANSITIONS if each.before in reached}
    assert reached == set(State)
    assert {each.before for each in TRANSITIONS} == set(State)
