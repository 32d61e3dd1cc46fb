from typing import get_args

import pytest
from pydantic import ValidationError

from server.integrations.queue.local_models import MessageChange, QueueGroup, QueueRulesChange, StateName
from server.integrations.queue.states import State
from server.integrations.queue.store.monitor import GROUPS


def test_names_are_those_of_the_states_and_of_the_groups() -> None:
    assert get_args(StateName) == tuple(State)
    assert get_args(QueueGroup) == tuple(GROUPS)


def test_rule_that_is_left_out_differs_from_no_limit() -> None:
    assert QueueRulesChange(daily_cap=None).model_fields_set == {"daily_cap"}
    assert QueueRulesChange().model_fields_set == set()


def test_empty_message_is_refused() -> None:
    with pytest.raises(ValidationError):
        MessageChange(message="")
