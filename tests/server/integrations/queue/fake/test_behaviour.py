"""Settings of the fake page, and outcomes on order."""

import pytest

from server.integrations.queue.fake.behaviour import Behaviour, Outcome, Outcomes, change


def test_settings_change_one_by_one_and_unknown_ones_are_refused():
    assert change(Behaviour(), {"language": "de", "missing": ["send"]}) == Behaviour(language="de", missing=("send",))
    with pytest.raises(ValueError, match="no colour"):
        change(Behaviour(), {"colour": "red"})


def test_outcome_is_for_matching_messages_and_so_many_of_them():
    outcomes = Outcomes()
    outcomes.order(Outcome("error", match="second", times=2))
    outcomes.order(Outcome("limit"))
    taken = [outcomes.take(message) for message in ("the second", "a first", "a second", "another second")]
    assert [outcome.kind if outcome else None for outcome in taken] == ["error", "limit", "error", None]


def test_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="no outcome party"):
        Outcomes().order(Outcome("party"))
